using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Holdfast.Admin;
using Holdfast.Recording;
using Holdfast.Recording.Parquet;
using Holdfast.Recording.Privacy;
using Holdfast.Recording.Sql;

namespace Holdfast.Cli;

/// <summary><c>holdfast privacy purge</c>: deletes recorded rows for good, while a gateway runs or not.</summary>
internal static class PurgeCommand
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(200);

    // A compaction of a usual day is over by then.
    private static readonly TimeSpan WaitForOthers = TimeSpan.FromMinutes(1);

    /// <param name="home">The folder <c>HOLDFAST_HOME</c>.</param>
    /// <param name="time">The time.</param>
    /// <param name="terminal">Whoever can be asked; null without one.</param>
    public static Command Create(string home, TimeProvider time, TextReader? terminal)
    {
        var place = new PlaceOptions(mayBeBoth: true);
        var before = new Option<string?>("--before") { HelpName = "YYYY-MM-DD", Description = "All days before this one, in UTC." };
        var ignored = new Option<bool>("--ignored") { Description = "What the rules ignore now, recorded before they did." };
        var all = new Option<bool>("--all") { Description = "Everything." };
        var yes = new Option<bool>("--yes") { Description = "Do not ask." };
        var command = new Command("purge", "Delete what was recorded, for good.") { before, ignored, all, yes };
        place.AddTo(command);
        command.Validators.Add(result =>
        {
            if (((Option[])[.. place.All, before, ignored, all]).Count(option => result.GetResult(option) is { Implicit: false }) != 1)
            {
                result.AddError("Say what: one of --session S, --directory D, --before YYYY-MM-DD, --ignored, --all.");
            }
            else if (result.GetValue(before) is { } day && DayOf(day) is null)
            {
                result.AddError($"--before ({day}) is not a day: write it as 2026-11-21.");
            }
        });
        command.SetAction((parsed, cancellation) => RunAsync(
            home,
            () => place.SessionOf(parsed) is { } session ? new PurgeTarget.OfSession(session)
                : place.DirectoryOf(parsed) is { } directory ? new PurgeTarget.OfDirectory(directory)
                : parsed.GetValue(before) is { } day ? new PurgeTarget.Before(DayOf(day)!.Value)
                : parsed.GetValue(ignored) ? new PurgeTarget.Ignored(PrivacyRules.Read(home))
                : new PurgeTarget.All(),
            new(parsed.GetValue(yes), terminal, parsed.InvocationConfiguration),
            time,
            cancellation));
        return command;
    }

    private static async Task<int> RunAsync(
        string home, Func<PurgeTarget> target, Asking asking, TimeProvider time, CancellationToken cancellation)
    {
        var (output, error) = (asking.Console.Output, asking.Console.Error);
        var folder = RecordingFolder.In(home);
        try
        {
            if (asking is { IsAnswered: false, Terminal: null })
            {
                await error.WriteLineAsync("Nobody can be asked here: --yes deletes without asking.");
                return ExitCodes.WrongUse;
            }

            if (!Directory.Exists(folder))
            {
                await output.WriteLineAsync("Nothing is recorded.");
                return ExitCodes.Done;
            }

            var gateway = new RecordingClient(home);
            var purge = new Purge(folder, target(), time)
            {
                Forget = entries => gateway.ForgetAsync(entries, cancellation),
            };
            if (!asking.IsAnswered)
            {
                var found = purge.Preview();
                await output.WriteLineAsync($"To be deleted for good: {TextOf(found)}.");
                if (!found.IsNone && !asking.Ask())
                {
                    await output.WriteLineAsync("Nothing was deleted.");
                    return ExitCodes.Done;
                }
            }

            await gateway.CompleteAsync(cancellation);
            if (await PurgeAsync(purge, time, cancellation) is not { } done)
            {
                await error.WriteLineAsync("Nothing was deleted: the recordings are being compacted. Try again in a while.");
                return ExitCodes.Failed;
            }

            await output.WriteLineAsync($"Deleted: {TextOf(done)}.");
            return ExitCodes.Done;
        }
        catch (Exception failed) when (failed
            is SqlException or IOException or UnauthorizedAccessException or InvalidDataException or JsonException)
        {
            await error.WriteLineAsync($"The recordings could not be purged: {failed.Message}");
            return ExitCodes.Failed;
        }
    }

    private static async Task<PurgeCounts?> PurgeAsync(Purge purge, TimeProvider time, CancellationToken cancellation)
    {
        var begun = time.GetTimestamp();
        while (true)
        {
            if (await purge.RunAsync() is { } done)
            {
                return done;
            }

            if (time.GetElapsedTime(begun) >= WaitForOthers)
            {
                return null;
            }

            await Task.Delay(LookEvery, time, cancellation);
        }
    }

    private static string TextOf(PurgeCounts counts) => string.Create(
        CultureInfo.InvariantCulture,
        $"{counts.Exchanges} rows of ai_gateway_exchanges, {counts.Messages} of ai_gateway_messages, {counts.SocketEvents} of ai_gateway_socket_events");

    private static DateOnly? DayOf(string text) =>
        DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? day : null;

    /// <summary>Whether it may be done.</summary>
    /// <param name="IsAnswered">Whether it was said beforehand.</param>
    /// <param name="Terminal">Whoever can be asked; null without one.</param>
    /// <param name="Console">Where the question stands.</param>
    private sealed record Asking(bool IsAnswered, TextReader? Terminal, InvocationConfiguration Console)
    {
        public bool Ask()
        {
            Console.Output.Write("Delete them? [y/N] ");
            Console.Output.Flush();
            return Terminal!.ReadLine()?.Trim().ToLowerInvariant() is "y" or "yes";
        }
    }
}
