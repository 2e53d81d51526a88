using System.Globalization;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace Holdfast.Recording.Segments;

/// <summary>Where segments are made: files of lines, each written by one process from its begin to its end and never
/// again. A segment is locked as long as its writer lives, so that everybody else can tell a growing one from one that is
/// complete, also after a crash.</summary>
public interface ISegmentFolder
{
    /// <summary>Makes a segment that nobody else has. Throws what the disk throws.</summary>
    /// <param name="family">What its lines are: <c>exchanges</c>, <c>messages</c>, …</param>
    /// <param name="begunAt">When it is begun, for its name.</param>
    ISegmentFile Create(string family, DateTimeOffset begunAt);
}

/// <summary>A segment while it is written. Every method throws what the disk throws, and may be called again then.</summary>
public interface ISegmentFile : IDisposable
{
    /// <summary>Its file's name.</summary>
    string Name { get; }

    /// <summary>Whether its file still stands where it was made.</summary>
    bool Exists { get; }

    /// <summary>Writes all of it at that place; written again it replaces what stood there.</summary>
    void Write(ReadOnlySpan<byte> bytes, long offset);

    /// <summary>Returns when all that was written is on the disk.</summary>
    void Flush();
}

/// <summary>The folder on a disk. Made, for its user only, when it is first needed.</summary>
/// <param name="path">Where it is.</param>
public sealed class SegmentFolder(string path) : ISegmentFolder
{
    private const int MostTries = 4;
    private const UnixFileMode OnlyUser = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    // Two processes of one home must never choose the same name.
    private readonly string _run = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4));
    private int _count;

    /// <inheritdoc/>
    public ISegmentFile Create(string family, DateTimeOffset begunAt)
    {
        MakeFolder(path);
        for (var tries = 1; ; tries++)
        {
            var count = Interlocked.Increment(ref _count);
            var name = string.Create(
                CultureInfo.InvariantCulture, $"{family}-{begunAt.UtcDateTime:yyyyMMdd'T'HHmmss'Z'}-{_run}-{count:000000}.ndjson");
            var file = Path.Combine(path, name);
            try
            {
                return new SegmentFile(file, name);
            }
            catch (IOException) when (tries < MostTries && File.Exists(file))
            {
                // Made, and before it was locked somebody looked whether it has a writer: it stays empty.
            }
        }
    }

    /// <summary>Makes a file, or empties the one there is, that only this user can read.</summary>
    internal static FileStream MakeFile(string file)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OnlyUser;
        }

        return new(file, options);
    }

    /// <summary>Lets only this user read a file that somebody else has made.</summary>
    internal static void Hide(string file)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(file, OnlyUser);
        }
    }

    /// <summary>Makes a folder that only this user can read.</summary>
    internal static void MakeFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else if (!Directory.Exists(folder))
        {
            Directory.CreateDirectory(folder, OnlyUser | UnixFileMode.UserExecute);
        }
    }

    private sealed class SegmentFile(string path, string name) : ISegmentFile
    {
        private readonly SafeFileHandle _file = Open(path);

        public string Name => name;

        public bool Exists => File.Exists(path);

        public void Write(ReadOnlySpan<byte> bytes, long offset) => RandomAccess.Write(_file, bytes, offset);

        public void Flush() => RandomAccess.FlushToDisk(_file);

        public void Dispose() => _file.Dispose();

        // Nobody may share it: that is the lock.
        private static SafeFileHandle Open(string path)
        {
            var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write, FileShare.None);
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(file, OnlyUser);
            }

            return file;
        }
    }
}
