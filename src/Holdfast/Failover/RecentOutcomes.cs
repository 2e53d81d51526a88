namespace Holdfast.Failover;

/// <summary>How the last requests of one key came out, as far as it takes to tell chance from trouble: three failures in
/// a row, or half of at least six outcomes within a minute. Changed by one thread at a time.</summary>
internal sealed class RecentOutcomes
{
    private const int TooManyInARow = 3;
    private const int EnoughToJudge = 6;

    // What a busy key did before its last 32 outcomes tells nothing more.
    private const int Kept = 32;

    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    /// <summary>Failures further apart than this are no row.</summary>
    private static readonly TimeSpan RowMemory = TimeSpan.FromMinutes(10);

    private readonly long[] _ticks = new long[Kept];
    private uint _failures;
    private int _added;
    private int _row;
    private DateTimeOffset _lastFailure;

    /// <summary>When the last failure was; the earliest time there is when there was none.</summary>
    public DateTimeOffset LastFailure => _lastFailure;

    public void Add(bool isFailure, DateTimeOffset now)
    {
        var slot = _added % Kept;
        _ticks[slot] = now.UtcTicks;
        _failures = isFailure ? _failures | (1u << slot) : _failures & ~(1u << slot);
        _added = _added == int.MaxValue ? Kept : _added + 1;
        if (!isFailure)
        {
            _row = 0;
            return;
        }

        _row = now - _lastFailure > RowMemory ? 1 : _row + 1;
        _lastFailure = now;
    }

    public void Clear() => (_added, _row, _lastFailure) = (0, 0, default);

    /// <summary>Whether they are too bad to be chance.</summary>
    public bool AreBad(DateTimeOffset now)
    {
        if (_row >= TooManyInARow)
        {
            return true;
        }

        var (outcomes, failures) = (0, 0);
        for (var i = 0; i < Math.Min(_added, Kept); i++)
        {
            if (now.UtcTicks - _ticks[i] <= Window.Ticks)
            {
                outcomes++;
                failures += (int)((_failures >> i) & 1);
            }
        }

        return outcomes >= EnoughToJudge && failures * 2 >= outcomes;
    }

    /// <summary>Whether nothing of them can matter any more.</summary>
    public bool AreOver(DateTimeOffset now) => now - _lastFailure > (_row > 0 ? RowMemory : Window);
}
