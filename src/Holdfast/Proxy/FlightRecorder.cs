using System.Globalization;
using System.Text;
using Holdfast.Recording.Records;

namespace Holdfast.Proxy;

/// <summary>Puts a flight record into one short line for our error messages. Holds nothing a client did not send or get.</summary>
internal static class FlightRecorder
{
    public static string Short(ExchangeRecord record, double elapsedMs)
    {
        var line = new StringBuilder(128);
        Add(line, "after", elapsedMs);
        Add(line, "dns", record.DnsMs);
        Add(line, "connect", record.ConnectMs);
        Add(line, "tls", record.TlsMs);
        Add(line, "headers at", record.HeadersMs);
        Add(line, "first event at", record.FirstEventMs);
        Add(line, "longest gap", record.LongestGapMs);
        if (record.Events > 0)
        {
            line.Append(CultureInfo.InvariantCulture, $", {record.Events} events");
        }

        if (record.Keepalives > 0)
        {
            line.Append(CultureInfo.InvariantCulture, $", {record.Keepalives} keepalives");
        }

        if (record.ConnectionReused)
        {
            line.Append(", reused connection");
        }

        if (record.ClosedFirst is { } who)
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
