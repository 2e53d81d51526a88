using System.Globalization;
using Holdfast.Clients;
using Holdfast.Journal;

namespace Holdfast.Requests;

/// <summary>A client that is known to send the same request again only when it has given the first one up, so that its
/// repetition proves that the first is lost although nothing was heard of its end.</summary>
/// <param name="Client">How its user agent begins.</param>
/// <param name="OnlyBeforeOutput">Whether it does so only while nothing generated has reached it.</param>
/// <param name="MarkOf">What is the same in all sendings of one request, and in no other request of its session; null where
/// that is not known. Beside it everything a turn is told by must be the same.</param>
/// <param name="Why">Why that is safe: what was measured with the client itself.</param>
/// <param name="GoesOn">Whether it puts the parts of an answer that were whole behind its question, where there are any, and
/// asks to go on.</param>
internal sealed record RetryRule(
    string Client, bool OnlyBeforeOutput, Func<ClientRequest, string?> MarkOf, string Why, bool GoesOn = false);

/// <summary>The clients of which this is known. A turn is taken over by a rule once at most: were a rule wrong, the client
/// that lost its answer would ask anew and get one of its own.</summary>
internal static class RetryRules
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<RetryRule> All { get; } =
    [
        new("claude-cli", OnlyBeforeOutput: true, SizeOfBody,
            "A session asks one thing at a time but for its helpers, whose bodies differ; the same body comes again only from "
            + "its own retries, which wait for the end of the one before. Behind a whole block of text it sends another body.",
            GoesOn: true),
        new("codex", OnlyBeforeOutput: false, TurnOfCodex,
            "Its turn_id and request_kind are in a header, and what it sends after a tool has more input. Both the same with "
            + "the same input is one of its retries.",
            GoesOn: true),
        new("opencode", OnlyBeforeOutput: false, SizeOfBody,
            "A session runs one turn at a time; the request for a title, which runs beside it, has another body. It retries "
            + "after an error or 300 s of silence only, with the same bytes."),
    ];

    /// <summary>What tells that a request of such a client was sent before; null for all others, and without a session.</summary>
    public static RetryMark? MarkOf(ClientRequest request) =>
        RuleOf(request.Client) is { } rule && rule.MarkOf(request) is { } mark ? new(mark, rule.OnlyBeforeOutput) : null;

    /// <summary>Whether such a client may come back with a part of the answer.</summary>
    public static bool GoesOn(ClientHeaders client) => RuleOf(client) is { GoesOn: true };

    private static RetryRule? RuleOf(ClientHeaders client)
    {
        if (client is { Session: not null, Name: { } name })
        {
            foreach (var rule in All)
            {
                if (name.StartsWith(rule.Client, StringComparison.OrdinalIgnoreCase))
                {
                    return rule;
                }
            }
        }

        return null;
    }

    // With equal canonical bodies, bodies of one length are the same.
    private static string SizeOfBody(ClientRequest request) => request.Body.Length.ToString(CultureInfo.InvariantCulture);

    private static string? TurnOfCodex(ClientRequest request) =>
        CodexTurn.Read(request.Http.Headers["x-codex-turn-metadata"].ToString()) is { } turn ? $"{turn.Turn} {turn.Kind}" : null;
}
