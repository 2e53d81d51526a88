using System.Globalization;
using System.Text.RegularExpressions;

namespace Holdfast.Simulator.Models;

/// <summary>Reads a behaviour out of a model name such as <c>sim-d300-n20-i50-rst7</c>. Pure.</summary>
internal static partial class ModelName
{
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
            var match = Part().Match(part);
            var kind = match.Groups["kind"].Value;
            var next = match.Success && seen.Add(IsEnding(kind) ? "ending" : kind)
                ? Apply(behaviour, kind, Number(match, "number"), Number(match, "time"))
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

    private static long? Number(Match match, string group) =>
        long.TryParse(match.Groups[group].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            ? value
            : null;

    [GeneratedRegex(
        "^(?:(?<kind>stall)(?<number>[0-9]{1,9})(?:x(?<time>[0-9]{0,9}))?|(?<kind>[a-z]+)(?<number>[0-9]{1,9})?)$",
        RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Part();
}
