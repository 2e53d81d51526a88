using Holdfast.Sinks;

namespace Holdfast.Vigils;

/// <summary>A place for one socket thread that runs an exchange's loop: whose, and since when. One thread begins and ends it; any
/// thread may look.</summary>
internal sealed class Hold
{
    private const long Free = 0;

    private long _since;
    private long _told;

    /// <summary>When it began, as a timestamp; 0 while nobody holds.</summary>
    public long Since => Volatile.Read(ref _since);

    /// <summary>Whose loop runs; null where nobody knows.</summary>
    public ILiveExchange? Exchange { get; private set; }

    /// <summary>Takes the place; false where it is taken.</summary>
    public bool TryBegin(ILiveExchange? exchange, long now)
    {
        if (Interlocked.CompareExchange(ref _since, now, Free) != Free)
        {
            return false;
        }

        _told = Free;
        Exchange = exchange;
        return true;
    }

    /// <summary>Gives the place back.</summary>
    public void End()
    {
        Exchange = null;
        Volatile.Write(ref _since, Free);
    }

    /// <summary>Whether this hold is to be told of now: once, whoever finds it.</summary>
    public bool TryTell(long since) => Interlocked.Exchange(ref _told, since) != since;
}
