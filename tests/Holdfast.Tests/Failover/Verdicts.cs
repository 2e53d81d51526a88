using System.Globalization;
using Holdfast.Failover;

namespace Holdfast.Tests.Failover;

/// <summary>
/// Writes failures and verdicts in one line each, so that a table of them can be read.
/// Given: <c>429, code=insufficient_quota, provider=kimi</c>. Verdict: the reason, or reason/kind, and what matters of
/// <c>again</c> and <c>not-again</c> (the same candidate), <c>next</c> and <c>not-next</c>, <c>12s</c> and <c>no-wait</c>.
/// <c>*</c> stands for any reason.
/// </summary>
internal static class Verdicts
{
    /// <summary>The time it is in every sample.</summary>
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1_795_200_000);

    public static void AreAs(string text, string given, string verdict)
    {
        var found = ErrorClassifier.Default.Classify(Failure(text, given));

        var words = verdict.Split(' ');
        var reason = words[0].Split('/');
        Assert.Equal(verdict, string.Join(' ', words.Select((word, index) => index == 0 ? Reason(reason, found) : Word(word, found))));
    }

    public static Failure Failure(string text, string given)
    {
        var failure = new Failure { Message = text, Now = Now };
        foreach (var part in given.Split(", ", StringSplitOptions.RemoveEmptyEntries))
        {
            var (name, value) = part.IndexOf('=') is > 0 and var equals ? (part[..equals], part[(equals + 1)..]) : ("status", part);
            failure = name switch
            {
                "status" => failure with { Status = int.Parse(value, CultureInfo.InvariantCulture) },
                "code" => failure with { Code = value },
                "type" => failure with { Type = value },
                "provider" => failure with { Upstream = value },
                "detail" => failure with { Details = [value] },
                _ => throw new ArgumentException(part, nameof(given)),
            };
        }

        return failure;
    }

    private static string Reason(string[] expected, Classification found)
    {
        var reason = expected[0] == "*" ? "*" : found.Reason.Word();
        return expected.Length > 1 ? $"{reason}/{found.Kind}" : reason;
    }

    private static string Word(string expected, Classification found) => expected switch
    {
        "again" or "not-again" => found.RetrySame ? "again" : "not-again",
        "next" or "not-next" => found.MayFallBack ? "next" : "not-next",
        _ => found.RetryAfter is { } wait ? string.Create(CultureInfo.InvariantCulture, $"{wait.TotalSeconds}s") : "no-wait",
    };
}
