using System.Globalization;
using System.Text;
using Holdfast.Recording.Records;
using Holdfast.Wire;

namespace Holdfast.Recording.Sql;

/// <summary>One exchange as a timeline for people.</summary>
internal static class FlightRecordPage
{
    public static string Write(ExchangeRecord record)
    {
        var page = new StringBuilder();
        WriteHead(page, record);
        foreach (var (at, what) in Steps(record).OrderBy(step => step.At))
        {
            page.Append(CultureInfo.InvariantCulture, $"{at,12:0.0} ms  ").Append(Clean(what)).Append('\n');
        }

        WriteEnd(page, record);
        return page.ToString();
    }

    private static void WriteHead(StringBuilder page, ExchangeRecord record)
    {
        Line(page, $"exchange {record.ExchangeId}, {record.StartedAt.UtcDateTime:yyyy-MM-dd HH:mm:ss.fff} UTC");
        Line(page, $"  {record.Method} {record.Path}{record.Query}  ({record.Protocol ?? "no protocol"})");
        Row(page, "client", Join(" ", record.ClientName, record.ClientVersion));
        Row(page, "session", record.Session);
        Row(page, "product", record.Product);
        Row(page, "route", record.Route);
        Row(page, "model", Join(" → ", [.. new[] { record.ModelAsked, record.ModelSent, record.ModelServed }.Distinct()]));
        Row(page, "upstream", Join(", credential ", record.Upstream, record.Credential));
        Row(page, "repeats", record.RetryOf is null ? null : record.RetryOf + (record.Reattached ? ", and got its answer" : ""));
        page.Append('\n');
    }

    private static IEnumerable<(double At, string What)> Steps(ExchangeRecord record)
    {
        yield return (0, $"the request came: {record.RequestBytes} bytes{(record.IsStream ? ", a stream is asked for" : "")}");
        if (record.DispatchedMs is { } dispatched)
        {
            yield return (dispatched, $"attempt 1 began{(record.ConnectionReused ? ", on an open connection" : "")}");
        }

        foreach (var attempt in record.FailedAttempts ?? [])
        {
            yield return (attempt.EndedMs, $"attempt {attempt.Attempt} failed at {attempt.Upstream} ({Join(", ",
                attempt.Status?.ToString(CultureInfo.InvariantCulture), attempt.Error, attempt.RawError)}): {attempt.Reason}, {attempt.Action}{
                (attempt.DelayMs is { } delay ? string.Create(CultureInfo.InvariantCulture, $" after {delay:0} ms") : "")}");
        }

        if (record.HeadersMs is { } headers)
        {
            var sockets = Join(", ", Took("dns", record.DnsMs), Took("connect", record.ConnectMs), Took("tls", record.TlsMs));
            yield return (headers, $"the upstream answered {record.UpstreamStatus}{(sockets is null ? "" : $" ({sockets})")}");
        }

        if (record.FirstEventMs is { } firstEvent)
        {
            yield return (firstEvent, "its first event");
        }

        if (record.FirstOutputMs is { } firstOutput)
        {
            yield return (firstOutput, "its first output");
        }

        yield return (record.TotalMs, $"the end: {Join(", ", record.End?.Word(), record.Error, record.ErrorCode)}{
            (record.ClosedFirst is { } who ? $"; the {who.Word()} closed first" : "")}");
    }

    private static void WriteEnd(StringBuilder page, ExchangeRecord record)
    {
        page.Append('\n');
        Row(page, "answer", $"{record.Status}, {record.ResponseBytes} bytes, {record.Events} events, {record.Keepalives} keepalives{
            (record.Fidelity is { } fidelity ? $", {fidelity.Word()}" : "")}{(record.OpenedEarly ? ", opened early" : "")}");
        Row(page, "longest gap", record.LongestGapMs is { } gap ? string.Create(CultureInfo.InvariantCulture, $"{gap:0} ms") : null);
        Row(page, "usage", record.UsageState is not { } state ? null : $"{record.InputTokens ?? 0} in, {
            record.CacheReadTokens ?? 0} from the cache, {record.CacheWriteTokens ?? 0} into it, {record.OutputTokens ?? 0} out ({state.Word()})");
        Row(page, "kept", record.Turn?.Word());
        Row(page, "detail", record.ErrorDetail);
    }

    private static string? Took(string what, double? milliseconds) =>
        milliseconds is { } ms ? string.Create(CultureInfo.InvariantCulture, $"{what} {ms:0.0} ms") : null;

    private static string? Join(string between, params IReadOnlyList<string?> parts)
    {
        var some = parts.Where(part => !string.IsNullOrEmpty(part)).ToArray();
        return some.Length == 0 ? null : string.Join(between, some);
    }

    private static void Row(StringBuilder page, string name, string? value)
    {
        if (value is not null)
        {
            Line(page, $"  {name,-12}{value}");
        }
    }

    private static void Line(StringBuilder page, string line) => page.Append(Clean(line)).Append('\n');

    // Much of it was written by others.
    private static string Clean(string text) => string.Concat(text.Select(c => char.IsControl(c) ? '?' : c));
}
