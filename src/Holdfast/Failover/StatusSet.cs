using System.Globalization;

namespace Holdfast.Failover;

/// <summary>Statuses as rules name them: <c>503</c>, a class (<c>5xx</c>), or <c>any</c>.</summary>
internal sealed class StatusSet
{
    private readonly bool[] _has = [];

    public StatusSet(string[] names)
    {
        if (names.Length == 0)
        {
            return;
        }

        _has = new bool[600];
        foreach (var name in names)
        {
            if (name == "any")
            {
                _has.AsSpan(100).Fill(true);
            }
            else if (name is [>= '1' and <= '5' and var first, 'x' or 'X', 'x' or 'X'])
            {
                _has.AsSpan((first - '0') * 100, 100).Fill(true);
            }
            else if (int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var status)
                && status is >= 100 and < 600)
            {
                _has[status] = true;
            }
            else
            {
                throw new FormatException($"\"{name}\" is neither a status nor a class of them (\"5xx\").");
            }
        }
    }

    public bool IsEmpty => _has.Length == 0;

    public bool Contains(int? status) => status is { } number && (uint)number < (uint)_has.Length && _has[number];
}
