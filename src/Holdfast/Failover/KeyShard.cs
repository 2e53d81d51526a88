
namespace Holdfast.Failover;

/// <summary>A part of a table by key that never holds more than so many: room is made by forgetting one of those that were
/// not used for long. Not safe for several threads: who uses it holds <see cref="Gate"/>.</summary>
internal sealed class KeyShard<TValue>(int most)
    where TValue : struct
{
    /// <summary>Among so many neighbours the least recently used is forgotten: near enough to the oldest of all.</summary>
    private const int Considered = 8;

    private readonly Dictionary<UInt128, int> _slotOf = [];
    private Slot[] _slots = [];
    private int _hand;

    public Lock Gate { get; } = new();

    public int Count => _slotOf.Count;

    /// <summary>A key's slot, or -1.</summary>
    public int Find(UInt128 key) => _slotOf.TryGetValue(key, out var slot) ? slot : -1;

    /// <summary>Gives a key that has none a slot with the default value.</summary>
    public int Add(UInt128 key, DateTimeOffset now)
    {
        var slot = _slotOf.Count < most ? _slotOf.Count : MakeRoom();
        if (slot == _slots.Length)
        {
            Array.Resize(ref _slots, Math.Min(Math.Max(_slots.Length * 2, 16), most));
        }

        _slots[slot] = new Slot { Key = key, LastUsed = now };
        _slotOf.Add(key, slot);
        return slot;
    }

    /// <summary>The value of a slot, to read or to change.</summary>
    public ref TValue this[int slot] => ref _slots[slot].Value;

    public DateTimeOffset LastUsed(int slot) => _slots[slot].LastUsed;

    public void Touch(int slot, DateTimeOffset now) => _slots[slot].LastUsed = now;

    private int MakeRoom()
    {
        var oldest = _hand;
        for (var i = 0; i < Considered; i++)
        {
            var slot = (_hand + i) % _slots.Length;
            oldest = _slots[slot].LastUsed < _slots[oldest].LastUsed ? slot : oldest;
        }

        _hand = (_hand + Considered) % _slots.Length;
        _slotOf.Remove(_slots[oldest].Key);
        return oldest;
    }

    private struct Slot
    {
        public UInt128 Key;
        public DateTimeOffset LastUsed;
        public TValue Value;
    }
}

/// <summary>The parts of one table; many threads rarely meet in the same one.</summary>
internal sealed class KeyShards<TValue>
    where TValue : struct
{
    private const int Parts = 16;

    private readonly KeyShard<TValue>[] _shards;

    /// <param name="most">How many keys all of them may hold together.</param>
    public KeyShards(int most)
    {
        _shards = new KeyShard<TValue>[Parts];
        for (var i = 0; i < Parts; i++)
        {
            _shards[i] = new KeyShard<TValue>(most / Parts);
        }
    }

    public int Count => _shards.Sum(shard => shard.Count);

    public KeyShard<TValue> Of(UInt128 key) => _shards[(int)(key & (Parts - 1))];
}
