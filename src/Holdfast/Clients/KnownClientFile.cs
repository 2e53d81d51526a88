using System.Globalization;
using System.Text.Json;
using Holdfast.Failover;

namespace Holdfast.Clients;

/// <summary>Reads <c>known-clients.json</c>, member by member: the first request waits for it, and a serializer takes much longer
/// to get ready than the file to be read.</summary>
internal static class KnownClientFile
{
    private static readonly JsonDocumentOptions Options = new() { CommentHandling = JsonCommentHandling.Skip };

    /// <summary>The rows, in their order.</summary>
    public static KnownClient[] Read()
    {
        using var stream = typeof(KnownClientFile).Assembly.GetManifestResourceStream("known-clients.json")!;
        using var file = JsonDocument.Parse(stream, Options);
        return ListIn(file.RootElement, "clients", ClientOf);
    }

    private static KnownClient ClientOf(JsonElement row) => new()
    {
        Name = TextIn(row, "name")!,
        Begins = TextIn(row, "begins"),
        Products = ListIn(row, "products", TextOf),
        Runtimes = ListIn(row, "runtimes", TextOf),
        Mentions = ListIn(row, "mentions", TextOf),
        TakesInterim = FlagIn(row, "takesInterim") ?? KnownClient.Anybody.TakesInterim,
        OpensEarlyOnLoopback = FlagIn(row, "opensEarlyOnLoopback") ?? KnownClient.Anybody.OpensEarlyOnLoopback,
        LongestHeld = TimeIn(row, "longestHeld") ?? KnownClient.Anybody.LongestHeld,
        ErrorEventsAsFailed = FlagIn(row, "errorEventsAsFailed") ?? KnownClient.Anybody.ErrorEventsAsFailed,
        Retry = row.TryGetProperty("retry", out var retry) ? RetryOf(retry) : null,
        GoesOn = FlagIn(row, "goesOn") ?? KnownClient.Anybody.GoesOn,
        LongestAssembly = TimeIn(row, "longestAssembly") ?? KnownClient.Anybody.LongestAssembly,
        LossBegins = TextIn(row, "lossBegins"),
        Adjustments = ListIn(row, "adjustments", AdjustmentOf),
    };

    private static RetryRule RetryOf(JsonElement rule) => new(
        TextIn(rule, "sign") switch
        {
            "sameBody" => RetrySign.SameBody,
            "statedTurn" => RetrySign.StatedTurn,
            var sign => throw new InvalidDataException($"known-clients.json: no retry is told by '{sign}'."),
        },
        FlagIn(rule, "onlyBeforeOutput") ?? false);

    private static ErrorAdjustment AdjustmentOf(JsonElement rule) => new()
    {
        Statuses = ListIn(rule, "statuses", status => status.GetInt32()),
        Reasons = ListIn(rule, "reasons", TextOf),
        Codes = ListIn(rule, "codes", TextOf),
        Status = rule.TryGetProperty("status", out var status) ? status.GetInt32() : null,
        Type = TextIn(rule, "type"),
        Code = TextIn(rule, "code"),
        UsualRetryAfter = TimeIn(rule, "usualRetryAfter"),
        LongestRetryAfter = TimeIn(rule, "longestRetryAfter"),
    };

    private static T[] ListIn<T>(JsonElement owner, string name, Func<JsonElement, T> read) =>
        owner.TryGetProperty(name, out var list) ? [.. list.EnumerateArray().Select(read)] : [];

    private static string? TextIn(JsonElement owner, string name) =>
        owner.TryGetProperty(name, out var text) ? TextOf(text) : null;

    private static bool? FlagIn(JsonElement owner, string name) =>
        owner.TryGetProperty(name, out var flag) ? flag.GetBoolean() : null;

    private static TimeSpan? TimeIn(JsonElement owner, string name) =>
        TextIn(owner, name) is { } text ? TimeSpan.ParseExact(text, "c", CultureInfo.InvariantCulture) : null;

    private static string TextOf(JsonElement text) => text.GetString()!;
}
