using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Holdfast.Recording.Projection;

/// <summary>
/// Remembers which messages were written already, over restarts: clients send their whole history with every turn. Owns its
/// file of 8 bytes a message, to which it only appends until it is twice as long as it need be. A message that was forgotten is
/// written once more; two that share their 64 bits are one in billions. Used by one thread at a time.
/// </summary>
public sealed class SeenMessages : IDisposable
{
    /// <summary>The name its file has.</summary>
    public const string FileName = "seen-messages.bin";

    /// <summary>How many messages it remembers at most: 8 MB of file, some 40 MB of memory.</summary>
    public const int DefaultBound = 1 << 20;

    private const int EntrySize = sizeof(ulong);

    private readonly string _path;
    private readonly int _half;
    private readonly List<ulong> _unwritten = [];
    private HashSet<ulong> _older = [];
    private HashSet<ulong> _newer = [];
    private FileStream _file;
    private long _entriesInFile;

    /// <summary>Loads the file, or begins one where there is none or it cannot be read. Throws <see cref="IOException"/> or
    /// <see cref="UnauthorizedAccessException"/> where none can be begun.</summary>
    /// <param name="path">The file.</param>
    /// <param name="bound">How many messages are remembered at most; at twice as many entries the file is rewritten.</param>
    public SeenMessages(string path, int bound = DefaultBound)
    {
        _path = path;
        _half = Math.Max(1, bound / 2);
        try
        {
            _file = Open(path, FileMode.OpenOrCreate);
            Load();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _file?.Dispose();
            _older = [];
            _newer = [];
            File.Delete(path);
            _file = Open(path, FileMode.Create);
        }
    }

    /// <summary>How many messages it remembers.</summary>
    public int Count => _older.Count + _newer.Count;

    /// <summary>Notes a message; false where it was known already. Whoever is asked for again counts as new again: what goes
    /// first is what no client has sent for longest.</summary>
    /// <param name="scope">The conversation within which the id means one message.</param>
    /// <param name="id">The message's id.</param>
    public bool Add(string scope, string id)
    {
        var hash = EntryOf(scope, id);
        if (_newer.Contains(hash))
        {
            return false;
        }

        var isNew = !Remember(hash);
        _unwritten.Add(hash);
        return isNew;
    }

    /// <summary>Writes what was noted. To be called when the rows are safe: what is lost before is written twice, not
    /// never.</summary>
    public void Flush()
    {
        if (_unwritten.Count == 0)
        {
            return;
        }

        if (_entriesInFile + _unwritten.Count >= 4L * _half)
        {
            Rewrite([.. _older, .. _newer]);
        }
        else
        {
            // Over what a write that failed may have left.
            _file.Position = _entriesInFile * EntrySize;
            Write(_file, _unwritten);
            _entriesInFile += _unwritten.Count;
        }

        _unwritten.Clear();
    }

    /// <summary>Forgets messages, at once and for good: whoever is asked for again counts as new.</summary>
    /// <param name="entries">Which (<see cref="EntryOf"/>); null for all.</param>
    public void Forget(IReadOnlySet<ulong>? entries)
    {
        foreach (var hashes in new[] { _older, _newer })
        {
            hashes.RemoveWhere(hash => entries?.Contains(hash) != false);
        }

        _unwritten.RemoveAll(hash => entries?.Contains(hash) != false);
        var unsafeYet = _unwritten.ToHashSet();
        Rewrite([.. _older.Concat(_newer).Where(hash => !unsafeYet.Contains(hash))]);
    }

    /// <summary>Forgets messages in the file of a recordings folder that nobody holds open.</summary>
    /// <param name="folder">The recordings' folder.</param>
    /// <param name="entries">Which; null for all.</param>
    public static void ForgetIn(string folder, IReadOnlySet<ulong>? entries)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
        {
            return;
        }

        if (entries is null)
        {
            File.Delete(path);
        }
        else
        {
            using var seen = new SeenMessages(path);
            seen.Forget(entries);
        }
    }

    /// <summary>What stands in the file for a message.</summary>
    /// <param name="scope">As for <see cref="Add"/>.</param>
    /// <param name="id">The message's id.</param>
    public static ulong EntryOf(string scope, string id)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes($"{scope}\n{id}"), digest);
        return MemoryMarshal.Read<ulong>(digest);
    }

    /// <summary>Within what the id of a message means one message.</summary>
    /// <param name="thread">The conversation, else the session.</param>
    /// <param name="agent">The sub-agent, if one asks.</param>
    public static string ScopeOf(string thread, string? agent) => $"{thread}\n{agent}";

    /// <summary>Closes the file. What was not flushed is forgotten.</summary>
    public void Dispose() => _file.Dispose();

    /// <summary>Puts a hash among the newer half; whether it was known from the older one.</summary>
    private bool Remember(ulong hash)
    {
        if (_newer.Count >= _half)
        {
            (_older, _newer) = (_newer, []);
        }

        var isKnown = _older.Remove(hash);
        _newer.Add(hash);
        return isKnown;
    }

    private void Load()
    {
        // The entry that was being written when the power went is no entry.
        var whole = _file.Length / EntrySize * EntrySize;
        if (whole != _file.Length)
        {
            _file.SetLength(whole);
        }

        var buffer = new byte[64 * 1024];
        while (_file.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false) is > 0 and var read)
        {
            for (var at = 0; at < read; at += EntrySize)
            {
                var hash = BinaryPrimitives.ReadUInt64LittleEndian(buffer.AsSpan(at));
                if (!_newer.Contains(hash))
                {
                    Remember(hash);
                }
            }
        }

        _entriesInFile = whole / EntrySize;
    }

    /// <summary>Writes anew what is remembered, the older half first, and takes the old file's place.</summary>
    private void Rewrite(List<ulong> entries)
    {
        var next = _path + ".new";
        using (var file = Open(next, FileMode.Create))
        {
            Write(file, entries);
        }

        File.Move(next, _path, overwrite: true);
        _file.Dispose();
        _file = Open(_path, FileMode.Open);
        _entriesInFile = entries.Count;
    }

    private static void Write(FileStream file, List<ulong> entries)
    {
        var bytes = new byte[entries.Count * EntrySize];
        for (var i = 0; i < entries.Count; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(i * EntrySize), entries[i]);
        }

        file.Write(bytes);
        file.Flush();
    }

    private static FileStream Open(string path, FileMode mode)
    {
        var options = new FileStreamOptions { Mode = mode, Access = FileAccess.ReadWrite, Share = FileShare.Read };
        if (!OperatingSystem.IsWindows() && mode != FileMode.Open)
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return new FileStream(path, options);
    }
}
