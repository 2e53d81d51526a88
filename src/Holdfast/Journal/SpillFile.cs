using System.Buffers.Binary;
using System.Security.Cryptography;
using Holdfast.Wire.Bytes;
using Microsoft.Win32.SafeHandles;

namespace Holdfast.Journal;

/// <summary>Where whole answers wait that memory has no room for: a file without a name, gone with this process, whose bytes
/// nobody but this process can read (D35). Bounded. Opened when it is first needed; safe for any thread.</summary>
/// <param name="folder">Where it is made. On a disk: a folder in memory would gain nothing.</param>
/// <param name="maxBytes">How large it may become at first.</param>
internal sealed class SpillFile(string folder, long maxBytes) : IDisposable
{
    /// <summary>An answer takes whole slots, so that what is given back fits whoever comes next.</summary>
    private const int SlotBytes = 16 * 1024;
    private const int TagBytes = 16;
    private const int NonceBytes = 12;

    private readonly Lock _gate = new();
    private readonly Stack<int> _free = [];
    private AesGcm? _cipher;
    private SafeFileHandle? _file;
    private int _slots;
    private int _used;
    private ulong _writes;

    /// <summary>How large it may become. What is beyond a smaller one stays until it is given back.</summary>
    public long MaxBytes { get; set; } = maxBytes;

    /// <summary>How many bytes of disk are taken.</summary>
    public long HeldBytes => Volatile.Read(ref _used) * (long)SlotBytes;

    /// <summary>Writes an answer down; null where there is no room. Throws what the disk throws.</summary>
    public async Task<Spilled?> WriteAsync(TurnBytes bytes)
    {
        var slots = new Slot[(bytes.End + Spilled.SlotPayload - 1) / Spilled.SlotPayload];
        if (!TryTake(slots))
        {
            return null;
        }

        var spilled = new Spilled(this, slots, bytes.End);
        var plain = BufferPool.Rent(Spilled.SlotPayload);
        var sealedBytes = BufferPool.Rent(SlotBytes);
        try
        {
            var position = 0L;
            foreach (var slot in slots)
            {
                var count = bytes.CopyTo(position, plain.AsSpan(0, Spilled.SlotPayload));
                Seal(slot, plain.AsSpan(0, count), sealedBytes);
                await RandomAccess.WriteAsync(_file!, sealedBytes.AsMemory(0, count + TagBytes), slot.Number * (long)SlotBytes);
                position += count;
            }

            return spilled;
        }
        catch (Exception)
        {
            spilled.Free();
            throw;
        }
        finally
        {
            BufferPool.Return(plain, clear: true);
            BufferPool.Return(sealedBytes);
        }
    }

    /// <summary>Reads what stands in a slot; how many bytes.</summary>
    public async ValueTask<int> ReadAsync(Slot slot, int length, Memory<byte> target)
    {
        var sealedBytes = BufferPool.Rent(SlotBytes);
        try
        {
            var whole = sealedBytes.AsMemory(0, length + TagBytes);
            for (var read = 0; read < whole.Length;)
            {
                var count = await RandomAccess.ReadAsync(_file!, whole[read..], (slot.Number * (long)SlotBytes) + read);
                read += count > 0 ? count : throw new EndOfStreamException("The journal's file is shorter than what was written.");
            }

            Open(slot, whole.Span, target.Span[..length]);
            return length;
        }
        finally
        {
            BufferPool.Return(sealedBytes);
        }
    }

    /// <summary>Gives slots back.</summary>
    public void Free(IReadOnlyList<Slot> slots)
    {
        lock (_gate)
        {
            foreach (var slot in slots)
            {
                _free.Push(slot.Number);
            }

            _used -= slots.Count;
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _file?.Dispose();
            _cipher?.Dispose();
        }
    }

    private bool TryTake(Slot[] slots)
    {
        lock (_gate)
        {
            if ((_used + slots.Length) * (long)SlotBytes > MaxBytes)
            {
                return false;
            }

            _file ??= OpenNameless();
            _cipher ??= new AesGcm(RandomNumberGenerator.GetBytes(32), TagBytes);
            for (var i = 0; i < slots.Length; i++)
            {
                // Never the same number twice under one key.
                slots[i] = new Slot(_free.TryPop(out var free) ? free : _slots++, _writes++);
            }

            _used += slots.Length;
            return true;
        }
    }

    private SafeFileHandle OpenNameless()
    {
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, $"journal-{Environment.ProcessId}-{Guid.NewGuid():N}.tmp");
        var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Delete,
            FileOptions.Asynchronous | FileOptions.DeleteOnClose);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);

            // Whatever becomes of this process, nothing of it is left.
            File.Delete(path);
        }

        return file;
    }

    private void Seal(Slot slot, ReadOnlySpan<byte> plain, Span<byte> target)
    {
        Span<byte> nonce = stackalloc byte[NonceBytes];
        nonce.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(nonce, slot.Write);
        lock (_gate)
        {
            _cipher!.Encrypt(nonce, plain, target[TagBytes..(TagBytes + plain.Length)], target[..TagBytes]);
        }
    }

    private void Open(Slot slot, ReadOnlySpan<byte> source, Span<byte> plain)
    {
        Span<byte> nonce = stackalloc byte[NonceBytes];
        nonce.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(nonce, slot.Write);
        lock (_gate)
        {
            _cipher!.Decrypt(nonce, source[TagBytes..], source[..TagBytes], plain);
        }
    }

    /// <summary>A place in the file.</summary>
    /// <param name="Number">Which.</param>
    /// <param name="Write">Which of all writes stands there.</param>
    internal readonly record struct Slot(int Number, ulong Write);

    /// <summary>An answer in the file.</summary>
    internal sealed class Spilled(SpillFile file, Slot[] slots, long length)
    {
        /// <summary>How much of an answer a slot holds.</summary>
        public const int SlotPayload = SlotBytes - TagBytes;

        /// <summary>How many bytes the answer has.</summary>
        public long Length => length;

        /// <summary>Reads from a place on, at most to the end of its slot; 0 at the end.</summary>
        public async ValueTask<int> ReadAsync(long position, Memory<byte> target)
        {
            if (position >= length)
            {
                return 0;
            }

            var (slot, offset) = ((int)(position / SlotPayload), (int)(position % SlotPayload));
            var inSlot = (int)Math.Min(SlotPayload, length - (slot * (long)SlotPayload));
            var plain = BufferPool.Rent(SlotPayload);
            try
            {
                await file.ReadAsync(slots[slot], inSlot, plain);
                var count = Math.Min(target.Length, inSlot - offset);
                plain.AsSpan(offset, count).CopyTo(target.Span);
                return count;
            }
            finally
            {
                BufferPool.Return(plain, clear: true);
            }
        }

        /// <summary>Gives its place back.</summary>
        public void Free() => file.Free(slots);
    }
}
