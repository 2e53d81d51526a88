namespace Holdfast.Recording.Files;

/// <summary>The list of the files that count, for the one process that may change it, and the files behind it.</summary>
/// <param name="folder">The recordings' folder, which is there.</param>
/// <param name="time">The time.</param>
internal sealed class RecordingStore(string folder, TimeProvider time)
{
    // What .NET makes of a file that another process has locked.
    private const int WouldBlock = 11;

    /// <summary>Takes the lock of the one process that changes the files; null where another one has it.</summary>
    public FileStream? TryLock()
    {
        try
        {
            return new FileStream(Path.Combine(folder, "compact.lock"), FileMode.OpenOrCreate, FileAccess.Write, FileShare.None);
        }
        catch (IOException taken) when (taken.HResult == WouldBlock)
        {
            return null;
        }
    }

    /// <summary>Makes a list where there is none.</summary>
    public void Begin() => Change(manifest => manifest);

    /// <summary>Lets files count in the place of others, Parquet or segments, at once.</summary>
    /// <param name="old">The names of those that count no more.</param>
    /// <param name="files">Those that count instead.</param>
    public void Replace(IReadOnlyList<string> old, IReadOnlyList<ParquetFile> files)
    {
        var gone = old.ToHashSet(StringComparer.Ordinal);
        var now = time.GetUtcNow();
        Change(manifest => manifest with
        {
            Files = [.. manifest.Files.Where(file => !gone.Contains(file.Name)), .. files],
            Obsolete = [.. manifest.Obsolete, .. old.Select(name => new ObsoleteFile(name, now))],
        });
    }

    /// <summary>Deletes what has not counted since then, and what was left by a process that was ended.</summary>
    public void Sweep(DateTimeOffset before)
    {
        var manifest = Manifest.Read(folder);
        var due = manifest.Obsolete.Where(file => file.Since <= before).ToList();
        foreach (var file in due)
        {
            File.Delete(Path.Combine(folder, file.Name));
        }

        if (due.Count > 0)
        {
            Change(list => list with { Obsolete = [.. list.Obsolete.Except(due)] });
        }

        var known = manifest.Files.Select(file => file.Name).Concat(manifest.Obsolete.Select(file => file.Name))
            .ToHashSet(StringComparer.Ordinal);
        var parquet = Path.Combine(folder, Manifest.ParquetFolder);
        if (Directory.Exists(parquet))
        {
            foreach (var path in Directory.EnumerateFiles(parquet, "*", SearchOption.AllDirectories)
                .Where(path => !known.Contains(Path.GetRelativePath(folder, path))))
            {
                File.Delete(path);
            }
        }
    }

    private void Change(Func<Manifest, Manifest> change) => change(Manifest.Read(folder)).Write(folder);
}
