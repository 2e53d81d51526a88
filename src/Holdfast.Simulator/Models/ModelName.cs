using System.Globalization;

namespace Holdfast.Simulator.Models;

/// <summary>Reads a behaviour out of a model name such as <c>sim-d300-n20-i50-rst7</c>. Pure.</summary>
internal static class ModelName
{
    private const int MaxDigits = 9;
    private const int MaxDeltas = 100_000;
    private const int MaxTextBytes = 16 * 1024 * 1024;
    private const long MaxMilliseconds = 86_400_000;

    /// <summary>The behaviour, or null and, for a name of ours, the part that is wrong.</summary>
    public static ModelBehaviour? Parse(string name, out string? problem)
    {
        problem = null;
        var parts = name.Split('-');
        if (parts[0] != "sim")
        {
            return null;
        }

        var behaviour = new ModelBehaviour();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var part in parts.AsSpan(1))
        {
            var next = Read(part) is var (kind, number, time) && seen.Add(IsEnding(kind) ? "ending" : kind)
                ? Apply(behaviour, kind, number, time)
                : null;
            if (next is null)
            {
                problem = $"the simulator does not know the part '{part}'; see docs/simulator.md";
                return null;
            }

            behaviour = next;
        }

        return behaviour.Deltas * (long)(behaviour.DeltaBytes ?? 1) <= MaxTextBytes ? behaviour : null;
    }

    private static ModelBehaviour? Apply(ModelBehaviour b, string kind, long? number, long? time) =>
        (kind, number) switch
    {
        ("d", <= MaxMilliseconds) => b with { Delay = TimeSpan.FromMilliseconds(number.Value) },
        ("n", <= MaxDeltas) => b with { Deltas = (int)number },
        ("i", <= MaxMilliseconds) => b with { Interval = TimeSpan.FromMilliseconds(number.Value) },
        ("s", >= 1 and <= MaxTextBytes) => b with { DeltaBytes = (int)number },
        ("think", <= MaxDeltas) => b with { Thinking = (int)number },
        ("ping", null) => b with { Pings = true },
        ("tool", null) => b with { Tool = true },
        ("gzip", null) => b with { Gzip = true },
        ("json", null) => b with { Json = true },
        ("echo", null) => b with { Echo = true },
        ("strict", null) => b with { Strict = true },
        ("hrst", null) => b with { Ending = ModelEnding.ResetAfterHeaders },
        ("rst", <= MaxDeltas) => b with { Ending = ModelEnding.Reset, EndingAfter = (int)number },
        ("fin", <= MaxDeltas) => b with { Ending = ModelEnding.HalfClose, EndingAfter = (int)number },
        ("err", <= MaxDeltas) => b with { Ending = ModelEnding.ErrorEvent, EndingAfter = (int)number },
        ("eof", <= MaxDeltas) => b with { Ending = ModelEnding.CleanWithoutTerminal, EndingAfter = (int)number },
        ("stall", <= MaxDeltas) when time is null or <= MaxMilliseconds => b with
        {
            StallAfter = (int)number,
            Stall = time is null or 0 ? Timeout.InfiniteTimeSpan : TimeSpan.FromMilliseconds(time.Value),
        },
        ("h", >= 400 and <= 599) => b with { Status = (int)number },
        ("ra", <= MaxMilliseconds) => b with { RetryAfter = (int)number },
        ("fails", <= int.MaxValue) => b with { Fails = (int)number },
        _ => null,
    };

    private static bool IsEnding(string kind) => kind is "rst" or "fin" or "err" or "eof" or "hrst";

    // Letters and a number, as "n20"; only how long a stall lasts needs another one: "stall3x500".
    private static (string Kind, long? Number, long? Time)? Read(ReadOnlySpan<char> part)
    {
        var rest = part.TrimStart("abcdefghijklmnopqrstuvwxyz");
        var kind = part[..^rest.Length];
        var behind = rest.TrimStart("0123456789");
        var number = rest[..^behind.Length];
        var time = ReadOnlySpan<char>.Empty;
        if (kind is "stall" && number.Length > 0 && behind is ['x', .. var last])
        {
            time = last;
            behind = last.TrimStart("0123456789");
        }

        return kind.IsEmpty || !behind.IsEmpty || number.Length > MaxDigits || time.Length > MaxDigits
            ? null
            : (kind.ToString(), Number(number), Number(time));
    }

    private static long? Number(ReadOnlySpan<char> digits) =>
        long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : null;
}
