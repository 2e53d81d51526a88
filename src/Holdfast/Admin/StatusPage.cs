using System.Globalization;
using System.Text;
using Holdfast.Sinks;

namespace Holdfast.Admin;

/// <summary>The status as people read it in a terminal. Pure.</summary>
internal static class StatusPage
{
    private const int MostCooldowns = 50;

    public static string Write(StatusDocument status)
    {
        var page = new StringBuilder();
        WriteHead(page, status);
        WriteOpen(page, status.OpenExchanges);
        WriteCooldowns(page, status.Cooldowns ?? []);
        WriteTotals(page, status.Totals);
        WriteSockets(page, status.Sockets);
        WriteRecording(page, status.Recording);
        WriteFailures(page, status.RecentFailures);
        return page.ToString();
    }

    private static void WriteHead(StringBuilder page, StatusDocument status)
    {
        var state = status.Draining ? "draining" : "running";
        Line(page, $"holdfast {status.Version}, {state}, process {status.Pid}, up {Span(status.UptimeSeconds)}");
        Line(page, $"listening on {string.Join(", ", status.Listen.DefaultIfEmpty("nothing"))}");
        if (status.Configuration is { } configuration)
        {
            WriteConfiguration(page, configuration);
        }
    }

    private static void WriteConfiguration(StringBuilder page, ConfigurationStatus configuration)
    {
        Line(page, $"configuration {configuration.Digest[..12]}, {configuration.File ?? "no file, defaults"}, read {
            configuration.LoadedAt:yyyy-MM-dd HH:mm:ss}Z");
        if (configuration.NeedsRestart.Count > 0)
        {
            Line(page, $"  only a restart changes: {string.Join(", ", configuration.NeedsRestart)}");
        }

        if (configuration.Refused is { } refused)
        {
            Line(page, $"  what was read {refused.At:yyyy-MM-dd HH:mm:ss}Z is refused:");
            foreach (var error in refused.Errors)
            {
                Line(page, $"    {error}");
            }
        }
    }

    private static void WriteOpen(StringBuilder page, IReadOnlyList<OpenExchangeStatus> open)
    {
        Line(page, $"");
        Line(page, $"open exchanges: {open.Count}, of them streams: {open.Count(exchange => exchange.IsStream)}");
        foreach (var exchange in open)
        {
            Line(page, $"  {exchange.ExchangeId}  {exchange.Upstream ?? "-"}  {Clean(exchange.Model)}  {exchange.Phase}  age {
                Span(exchange.AgeSeconds)}  silent {Span(exchange.SilenceSeconds)}  {Size(exchange.BytesSent)}");
        }
    }

    private static void WriteCooldowns(StringBuilder page, IReadOnlyList<CooldownStatus> cooldowns)
    {
        if (cooldowns.Count == 0)
        {
            return;
        }

        Line(page, $"");
        Line(page, $"spared after failures: {cooldowns.Count}");
        foreach (var cooldown in cooldowns.Take(MostCooldowns))
        {
            var time = cooldown.State == "cooling" ? "until" : "to be tried since";
            var step = cooldown.Step > 0 ? $", step {cooldown.Step}" : "";
            var model = cooldown.Model is null ? "every model" : Clean(cooldown.Model);
            Line(page, $"  {cooldown.Upstream}  {cooldown.Credential}  {model}  {cooldown.Reason}, {time} {
                cooldown.Until:yyyy-MM-dd HH:mm:ss}Z{step}");
        }

        if (cooldowns.Count > MostCooldowns)
        {
            Line(page, $"  and {cooldowns.Count - MostCooldowns} more (--json shows all)");
        }
    }

    private static void WriteTotals(StringBuilder page, TotalsSnapshot totals)
    {
        Line(page, $"");
        Line(page, $"exchanges since the start: {totals.Exchanges}");
        Line(page, $"  completed {totals.Completed}, failed {totals.Failed}, upstream errors {totals.UpstreamErrors
            }, aborted by the client {totals.ClientAborted}, refused {totals.Refused}");
        Line(page, $"  {Size(totals.RequestBytes)} in, {Size(totals.ResponseBytes)} out");
    }

    private static void WriteSockets(StringBuilder page, IReadOnlyDictionary<string, long> sockets)
    {
        var some = sockets.Where(counter => counter.Value > 0).Select(counter => $"{counter.Key} {counter.Value}").ToList();
        if (some.Count > 0)
        {
            Line(page, $"sockets: {string.Join(", ", some)}");
        }
    }

    private static void WriteRecording(StringBuilder page, RecordingStatus? recording)
    {
        if (recording is null)
        {
            Line(page, $"recording: off");
            return;
        }

        Line(page, $"recording, forced onto the disk every {recording.FsyncSeconds:0.###} s:");
        foreach (var writer in recording.Writers.Where(writer => writer.Written + writer.Waiting + writer.Lost > 0))
        {
            Line(page, $"  {writer.Family}: {writer.Written} written, {writer.Durable} of them safe on disk, {writer.Waiting
                } waiting, {writer.Lost} lost");
            if (writer.Problem is { } problem)
            {
                Line(page, $"    THE DISK REFUSES: {Clean(problem)}. Exchanges go on; lines wait in memory ({Size(writer.WaitingBytes)}).");
            }
        }
    }

    private static void WriteFailures(StringBuilder page, IReadOnlyList<RecentFailure> failures)
    {
        Line(page, $"");
        Line(page, $"{(failures.Count == 0 ? "no recent errors" : "recent errors, newest first:")}");
        foreach (var failure in failures)
        {
            Line(page, $"  {failure.At:yyyy-MM-dd HH:mm:ss}Z  {failure.Upstream ?? "-"}  {failure.Status}  {
                Clean(failure.Code)}  {Clean(failure.Text)}  ({failure.ExchangeId})");
        }
    }

    // A model's name and an upstream's error type come from outside: nothing in them may drive a terminal.
    private static string Clean(string? text) => string.IsNullOrEmpty(text)
        ? "-"
        : string.Concat(text.Take(200).Select(c => char.IsControl(c) ? '?' : c));

    private static string Span(double seconds)
    {
        var span = TimeSpan.FromSeconds(seconds);
        return span switch
        {
            { TotalMinutes: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(seconds * 10) / 10:0.0} s"),
            { TotalHours: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{span.Minutes} min {span.Seconds:00} s"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(span.TotalHours):0} h {span.Minutes:00} min"),
        };
    }

    private static string Size(long bytes) => bytes switch
    {
        < 10_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes} B"),
        < 10_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1000.0:0.0} kB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1_000_000.0:0.0} MB"),
    };

    private static void Line(StringBuilder page, FormattableString line) =>
        page.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
}
