using System.Globalization;
using System.Text;
using Holdfast.Recording.Records;

namespace Holdfast.Exchanges;

/// <summary>Puts what happened so far into one short line for our error messages.</summary>
internal static class FlightLine
{
    public static string Of(ExchangeRecord record, AttemptRecord attempt, double elapsedMs)
    {
        var line = new StringBuilder(128);
        Add(line, "after", elapsedMs);
        Add(line, "dns", attempt.DnsMs);
        Add(line, "connect", attempt.ConnectMs);
        Add(line, "tls", attempt.TlsMs);
        Add(line, "headers at", attempt.HeadersMs);
        Add(line, "first event at", attempt.FirstEventMs);
        Add(line, "longest gap", attempt.LongestGapMs);
        if (attempt.Events > 0)
        {
            line.Append(CultureInfo.InvariantCulture, $", {attempt.Events} events");
        }

        if (record.Keepalives > 0)
        {
            line.Append(CultureInfo.InvariantCulture, $", {record.Keepalives} keepalives");
        }

        if (attempt.ConnectionReused)
        {
            line.Append(", reused connection");
        }

        if (attempt.ClosedFirst is { } who)
        {
            line.Append(", ").Append(who.Word()).Append(" closed first");
        }

        return line.ToString();
    }

    private static void Add(StringBuilder line, string name, double? ms)
    {
        if (ms is { } value)
        {
            line.Append(line.Length > 0 ? ", " : "").Append(CultureInfo.InvariantCulture, $"{name} {value:0} ms");
        }
    }
}
