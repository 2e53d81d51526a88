using Microsoft.Win32.SafeHandles;

namespace Holdfast.Recording.Files;

/// <summary>The files below a recordings folder as they count at one moment.</summary>
/// <param name="Folder">The recordings' folder.</param>
/// <param name="Manifest">What was read of the list.</param>
/// <param name="Segments">The segments that are in no Parquet yet, by name, the oldest first.</param>
internal sealed record RecordingFiles(string Folder, Manifest Manifest, IReadOnlyList<string> Segments)
{
    public const string SegmentFolder = "segments";

    /// <summary>Reads the list, then looks for segments: one that is compacted meanwhile is kept for a while, and read as it
    /// was.</summary>
    public static RecordingFiles Find(string folder)
    {
        var manifest = Manifest.Read(folder);
        var gone = manifest.Obsolete.Select(file => file.Name).ToHashSet(StringComparer.Ordinal);
        var segments = Path.Combine(folder, SegmentFolder);
        return new(folder, manifest, !Directory.Exists(segments) ? [] :
        [
            .. Directory.EnumerateFiles(segments, "*.ndjson")
                .Select(path => $"{SegmentFolder}/{Path.GetFileName(path)}")
                .Where(name => !gone.Contains(name))
                .Order(StringComparer.Ordinal),
        ]);
    }

    /// <summary>The paths of the segments of a family.</summary>
    public IReadOnlyList<string> SegmentsOf(string family) =>
        [.. Segments.Where(name => name.StartsWith($"{SegmentFolder}/{family}-2", StringComparison.Ordinal)).Select(PathOf)];

    /// <summary>The paths of the Parquet files of a family, those of one form together. Those that are missing or were cut are
    /// left out, and named in <see cref="Damaged"/>: all others answer all the same.</summary>
    public IEnumerable<IGrouping<string, string>> ParquetOf(string family) =>
        Manifest.Files.Where(file => file.Table == family && !Damaged.Contains(file.Name)).GroupBy(file => file.Form, file => PathOf(file.Name));

    /// <summary>Parquet files that are not as they were written.</summary>
    public IReadOnlyList<string> Damaged => field ??=
        [.. Manifest.Files.Where(file => new FileInfo(PathOf(file.Name)) is not { Exists: true } found || found.Length != file.Bytes)
            .Select(file => file.Name)];

    public string PathOf(string name) => Path.Combine(Folder, name);

    /// <summary>Whether a segment's writer is gone: then it grows no more.</summary>
    public static bool IsComplete(string path)
    {
        using var hold = TryHold(path);
        return hold is not null;
    }

    /// <summary>Holds a segment that grows no more, so that nobody begins to write it; null for one that has a writer.</summary>
    public static SafeFileHandle? TryHold(string path)
    {
        try
        {
            return File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        }
        catch (IOException)
        {
            return null;
        }
    }
}
