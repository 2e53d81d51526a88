using System.CommandLine;
using Holdfast.Configuration;
using Holdfast.Recording;
using Holdfast.Recording.Parquet;
using Holdfast.Recording.Sql;

namespace Holdfast.Cli;

/// <summary><c>holdfast compact</c>: turns complete segments into Parquet and drops what is too old. The gateway runs it by
/// itself, as a process of its own.</summary>
internal static class CompactCommand
{
    // Longer than any statement runs by default.
    private static readonly TimeSpan Grace = TimeSpan.FromMinutes(10);

    public static Command Create(IReadOnlyDictionary<string, string> environment, TimeProvider time)
    {
        var retention = new Option<int?>("--retention-days")
        {
            HelpName = "N",
            Description = "Delete days older than this; 0 none. Default: none.",
        };
        var command = new Command("compact", "Turn recorded segments into Parquet now; a running gateway does so by itself.") { retention };
        command.SetAction(parsed => Run(
            RecordingFolder.In(HoldfastHome.Find(environment)), parsed.GetValue(retention), time, parsed.InvocationConfiguration));
        return command;
    }

    private static int Run(string folder, int? retentionDays, TimeProvider time, InvocationConfiguration console)
    {
        try
        {
            using var compactor = new Compactor(folder, new(retentionDays is > 0 ? retentionDays : null, Grace), time);
            console.Output.WriteLine(compactor.Run() is { } done
                ? $"{done.Segments} segments with {done.Rows} rows compacted, {done.Merged} files merged, {done.Retired} rows too old."
                : "Another process is compacting.");
            return ExitCodes.Done;
        }
        catch (Exception failed) when (failed is SqlException or IOException or UnauthorizedAccessException or InvalidDataException)
        {
            console.Error.WriteLine($"The recordings cannot be compacted: {failed.Message}");
            return ExitCodes.Failed;
        }
    }
}
