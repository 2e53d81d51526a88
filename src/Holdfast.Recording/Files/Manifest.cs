using System.Text.Json;
using System.Text.Json.Serialization;
using Holdfast.Recording.Segments;

namespace Holdfast.Recording.Files;

/// <summary>Which files make up the recordings: the Parquet files that count, the segments that went into them, and what is
/// kept a while for queries that still read it. Replaced as a whole; a file that is not named in it is nobody's.</summary>
internal sealed record Manifest
{
    public const string FileName = "manifest.json";

    /// <summary>The folder of the Parquet files, below the recordings'.</summary>
    public const string ParquetFolder = "parquet";

    /// <summary>The version of this form.</summary>
    public int Version { get; init; } = 1;

    /// <summary>The Parquet files that count.</summary>
    public IReadOnlyList<ParquetFile> Files { get; init; } = [];

    /// <summary>Files that count no more, and since when: segments that were compacted, Parquet that was merged.</summary>
    public IReadOnlyList<ObsoleteFile> Obsolete { get; init; } = [];

    /// <summary>Reads it; an empty one where there is none yet. Throws <see cref="InvalidDataException"/> where it is broken, or
    /// missing beside Parquet: then it must not be replaced.</summary>
    public static Manifest Read(string folder)
    {
        var path = Path.Combine(folder, FileName);
        try
        {
            using var file = File.OpenRead(path);
            return JsonSerializer.Deserialize(file, ManifestJson.Default.Manifest) is { Version: 1, Files: not null, Obsolete: not null } manifest
                ? manifest
                : throw new InvalidDataException($"{path} is of a form that this version does not know.");
        }
        catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
        {
            return !HasParquet(folder) ? new() : throw new InvalidDataException(
                $"{path} is missing, which says which files of {ParquetFolder} count: put it back, or move that folder away.", missing);
        }
        catch (JsonException broken)
        {
            throw new InvalidDataException($"{path} cannot be understood: {broken.Message}", broken);
        }
    }

    /// <summary>Puts it in the place of the one before, at once.</summary>
    public void Write(string folder)
    {
        var next = Path.Combine(folder, $"{FileName}.next");
        using (var file = SegmentFolder.MakeFile(next))
        {
            JsonSerializer.Serialize(file, this, ManifestJson.Default.Manifest);
            file.Flush(flushToDisk: true);
        }

        File.Move(next, Path.Combine(folder, FileName), overwrite: true);
    }

    private static bool HasParquet(string folder)
    {
        var parquet = Path.Combine(folder, ParquetFolder);
        return Directory.Exists(parquet) && Directory.EnumerateFiles(parquet, "*.parquet", SearchOption.AllDirectories).Any();
    }
}

/// <summary>A Parquet file.</summary>
/// <param name="Table">The family of its rows.</param>
/// <param name="Date">Their day, in UTC: <c>2026-11-21</c>.</param>
/// <param name="Name">Its path below the recordings' folder.</param>
/// <param name="Rows">How many rows it holds.</param>
/// <param name="Bytes">How large it is.</param>
/// <param name="Form">Which columns it has: those of one form have the same.</param>
internal sealed record ParquetFile(string Table, string Date, string Name, long Rows, long Bytes, string Form);

/// <summary>A file that counts no more.</summary>
/// <param name="Name">Its path below the recordings' folder.</param>
/// <param name="Since">Since when.</param>
internal sealed record ObsoleteFile(string Name, DateTimeOffset Since);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(Manifest))]
internal sealed partial class ManifestJson : JsonSerializerContext;
