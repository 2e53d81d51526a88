using System.Globalization;
using Holdfast.Clients;
using Holdfast.Journal;

namespace Holdfast.Requests;

/// <summary>What the retries of known clients are told by. A turn is taken over by a rule once at most: were a rule wrong, the
/// client that lost its answer would ask anew and get one of its own.</summary>
internal static class RetryRules
{
    /// <summary>What tells that a request of a known client was sent before; null for all others, and without a session.</summary>
    public static RetryMark? MarkOf(ClientRequest request) =>
        request.Client is { Session: not null, Known.Retry: { } rule } && MarkOf(request, rule.Sign) is { } mark
            ? new(mark, rule.OnlyBeforeOutput)
            : null;

    /// <summary>Whether such a client may come back with a part of the answer.</summary>
    public static bool GoesOn(ClientHeaders client) => client is { Session: not null, Known.GoesOn: true };

    // With equal canonical bodies, bodies of one length are the same.
    private static string? MarkOf(ClientRequest request, RetrySign sign) => sign == RetrySign.SameBody
        ? request.Body.Length.ToString(CultureInfo.InvariantCulture)
        : request.Client.StatedTurn;
}
