namespace Holdfast.Routing;

/// <summary>A model's name in which <c>*</c> stands for any text, be it none. Case counts not.</summary>
internal sealed class ModelPattern(string pattern)
{
    private readonly string[] _parts = pattern.Split('*');

    /// <summary>Whether a model's name fits.</summary>
    public bool Matches(string model)
    {
        var rest = model.AsSpan();
        if (!rest.StartsWith(_parts[0], StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        rest = rest[_parts[0].Length..];
        if (_parts.Length == 1)
        {
            return rest.IsEmpty;
        }

        // Taking each middle part where it is found first leaves the most for the last one.
        foreach (var part in _parts.AsSpan(1, _parts.Length - 2))
        {
            var at = rest.IndexOf(part, StringComparison.OrdinalIgnoreCase);
            if (at < 0)
            {
                return false;
            }

            rest = rest[(at + part.Length)..];
        }

        return rest.EndsWith(_parts[^1], StringComparison.OrdinalIgnoreCase);
    }

    public override string ToString() => pattern;
}
