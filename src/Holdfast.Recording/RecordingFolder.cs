using Holdfast.Recording.Files;
using Holdfast.Recording.Segments;

namespace Holdfast.Recording;

/// <summary>Where recordings are.</summary>
public static class RecordingFolder
{
    /// <summary>The environment variable that names the folder all state is in, this one too.</summary>
    public const string HomeVariable = "HOLDFAST_HOME";

    /// <summary>Below Holdfast's own folder.</summary>
    public static string In(string home) => Path.Combine(home, "recordings");

    /// <summary>Where its segments are written.</summary>
    public static string SegmentsIn(string home) => Path.Combine(In(home), RecordingFiles.SegmentFolder);

    /// <summary>Makes a folder that only this user can read, where there is none.</summary>
    public static void Make(string folder) => SegmentFolder.MakeFolder(folder);

    /// <summary>The segments that still have a writer.</summary>
    public static IReadOnlyList<string> GrowingSegments(string folder) =>
        [.. RecordingFiles.Find(folder).Segments.Where(name => !RecordingFiles.IsComplete(Path.Combine(folder, name)))];

    /// <summary>How many bytes stand in segments that could be compacted. Throws nothing: what cannot be read is not
    /// there.</summary>
    public static long CompleteBytes(string folder)
    {
        try
        {
            return RecordingFiles.Find(folder).Segments
                .Select(name => Path.Combine(folder, name))
                .Where(RecordingFiles.IsComplete)
                .Sum(path => new FileInfo(path).Length);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            return 0;
        }
    }
}
