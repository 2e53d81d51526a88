namespace Holdfast.Proxy;

/// <summary>What an exchange's loop may have to act upon while it waits for the upstream.</summary>
internal enum Alarm
{
    /// <summary>Nothing; look whether the awaited thing is done.</summary>
    None,

    /// <summary>The client has closed its connection.</summary>
    ClientGone,

    /// <summary>The process must stop now.</summary>
    Stopping,

    /// <summary>The exchange took longer than <c>timeouts.total</c>.</summary>
    Overtime,

    /// <summary>The upstream has been silent for longer than it may.</summary>
    UpstreamSilent,

    /// <summary>The client has heard nothing for long: open the stream, or send a keepalive.</summary>
    ClientSilent,
}

/// <summary>
/// Watches over one exchange while its loop waits: two silence clocks that never share a timer, the client's leaving,
/// the process's end. Decides nothing: it tells what is due, the most final first.
/// </summary>
internal sealed class Vigil : IDisposable
{
    private readonly WakeUp _wakeUp = new();
    private readonly SilenceClock? _total;
    private readonly CancellationToken _clientGone;
    private readonly CancellationToken _stopping;
    private readonly CancellationTokenRegistration _onClientGone;
    private readonly CancellationTokenRegistration _onStopping;
    private bool _ignoresClient;

    public Vigil(TimeProvider time, TimeSpan total, CancellationToken clientGone, CancellationToken stopping)
    {
        ClientSilence = new SilenceClock(time, Wake);
        UpstreamSilence = new SilenceClock(time, Wake);
        if (total != Timeout.InfiniteTimeSpan)
        {
            _total = new SilenceClock(time, Wake);
            _total.Start(total);
        }

        _clientGone = clientGone;
        _stopping = stopping;
        _onClientGone = clientGone.UnsafeRegister(static wake => ((Action)wake!)(), Wake);
        _onStopping = stopping.UnsafeRegister(static wake => ((Action)wake!)(), Wake);
    }

    /// <summary>How long the client has heard nothing.</summary>
    public SilenceClock ClientSilence { get; }

    /// <summary>How long the upstream has said nothing.</summary>
    public SilenceClock UpstreamSilence { get; }

    /// <summary>Wakes the loop.</summary>
    public Action Wake => _wakeUp.Wake;

    /// <summary>Whether the client's connection is closed.</summary>
    public bool IsClientGone => _clientGone.IsCancellationRequested;

    /// <summary>From now on the client's leaving is no alarm: it has all it came for.</summary>
    public void IgnoreClient() => _ignoresClient = true;

    /// <summary>What ends the exchange even while the upstream speaks.</summary>
    public Alarm Final()
    {
        if (!_ignoresClient && IsClientGone)
        {
            return Alarm.ClientGone;
        }

        if (_stopping.IsCancellationRequested)
        {
            return Alarm.Stopping;
        }

        return _total is { IsDue: true } ? Alarm.Overtime : Alarm.None;
    }

    /// <summary>What is due now, while nothing comes.</summary>
    public Alarm Due()
    {
        if (Final() is var final and not Alarm.None)
        {
            return final;
        }

        if (UpstreamSilence.IsDue)
        {
            return Alarm.UpstreamSilent;
        }

        return ClientSilence.IsDue ? Alarm.ClientSilent : Alarm.None;
    }

    /// <summary>Sleeps until something wakes the loop.</summary>
    public ValueTask WaitAsync() => _wakeUp.WaitAsync();

    public void Dispose()
    {
        _onClientGone.Dispose();
        _onStopping.Dispose();
        ClientSilence.Dispose();
        UpstreamSilence.Dispose();
        _total?.Dispose();
    }
}
