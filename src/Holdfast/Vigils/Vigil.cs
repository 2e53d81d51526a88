using System.Runtime.CompilerServices;
using Holdfast.Journal;
using Holdfast.Sinks;

namespace Holdfast.Vigils;

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
/// Watches over one exchange while its loop waits: two silence clocks that never share a timer, the client's leaving, the
/// process's end. Decides nothing: it tells what is due, the most final first. Used again for one exchange after another
/// (<see cref="VigilPool"/>), since its timers are worth keeping.
/// </summary>
internal sealed class Vigil : IDisposable
{
    private readonly WakeUp _wakeUp;
    private readonly TimeProvider _time;
    private readonly SilenceClock _total;
    private readonly SilenceClock _linger;
    private CancellationTokenSource _givenUp = new();
    private CancellationToken _clientGone;
    private readonly CancellationToken _stopping;
    private CancellationTokenRegistration _onClientGone;
    private readonly CancellationTokenRegistration _onStopping;
    private bool _ignoresClient;
    private bool _isTimed;
    private bool _hasLostClient;
    private IWaitingClient? _client;

    /// <param name="time">The clock.</param>
    /// <param name="stopping">Fires when the process must stop now.</param>
    /// <param name="watch">Sees how long the loop holds the thread that resumes it; null where nobody looks.</param>
    public Vigil(TimeProvider time, CancellationToken stopping, ThreadWatch? watch = null)
    {
        _wakeUp = new WakeUp(watch);
        _time = time;
        ClientSilence = new SilenceClock(time, Wake);
        UpstreamSilence = new SilenceClock(time, Wake);
        _total = new SilenceClock(time, Wake);
        _linger = new SilenceClock(time, Wake);
        _stopping = stopping;
        _onStopping = stopping.UnsafeRegister(static wake => ((Action)wake!)(), Wake);
    }

    /// <summary>How long the client has heard nothing.</summary>
    public SilenceClock ClientSilence { get; }

    /// <summary>How long the upstream has said nothing.</summary>
    public SilenceClock UpstreamSilence { get; }

    /// <summary>Wakes the loop, on the thread that calls: for the end of what it awaits.</summary>
    public Action Resume => _wakeUp.Resume;

    /// <summary>Wakes the loop on a thread of the pool: for those on whose stack it has no place.</summary>
    public Action Wake => _wakeUp.Wake;

    /// <summary>The turn that may go on without its client; null where none may.</summary>
    public PendingTurn? Turn { get; set; }

    /// <summary>Whether the client's connection is closed.</summary>
    public bool IsClientGone => _clientGone.IsCancellationRequested;

    /// <summary>Fires when the present attempt is given up: what is sent to its upstream and read from it goes by this.</summary>
    public CancellationToken GivenUp => _givenUp.Token;

    /// <summary>Begins to watch over an exchange.</summary>
    /// <param name="total">How long it may take; <see cref="Timeout.InfiniteTimeSpan"/> for as long as it likes.</param>
    /// <param name="client">The client that must not hear nothing for too long.</param>
    /// <param name="exchange">Which it is; null where nobody asks.</param>
    /// <param name="clientGone">Fires when its client leaves.</param>
    public void Begin(
        TimeSpan total, IWaitingClient client, ILiveExchange? exchange, CancellationToken clientGone)
    {
        _client = client;
        _wakeUp.Exchange = exchange;
        _isTimed = total != Timeout.InfiniteTimeSpan;
        if (_isTimed)
        {
            _total.Start(total);
        }

        _clientGone = clientGone;
        _onClientGone = clientGone.UnsafeRegister(static wake => ((Action)wake!)(), Wake);
    }

    /// <summary>Another attempt begins: what the last one was given up for does not concern it.</summary>
    public void BeginAttempt()
    {
        _ignoresClient = false;
        if (_givenUp.IsCancellationRequested)
        {
            RenewToken();
        }
    }

    /// <summary>Waits for something of the upstream, while the client is kept alive. Takes no result: whoever began it does.</summary>
    /// <returns>What ended the waiting before it was done; <see cref="Alarm.None"/> where nothing did.</returns>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<Alarm> UntilAsync<T>(ValueTask<T> pending)
    {
        // One continuation, which only wakes the loop.
        pending.GetAwaiter().UnsafeOnCompleted(Resume);
        while (!pending.IsCompleted)
        {
            switch (Due())
            {
                case Alarm.None:
                    await WaitAsync();
                    break;
                case Alarm.ClientSilent:
                    await _client!.BreakSilenceAsync();
                    break;
                case var alarm:
                    return alarm;
            }
        }

        return Alarm.None;
    }

    /// <summary>Waits until something is so, while the client is kept alive. What makes it so must wake the loop.</summary>
    /// <returns>What ended the waiting before; <see cref="Alarm.None"/> where nothing did.</returns>
    public async ValueTask<Alarm> UntilAsync(Func<bool> isDone)
    {
        while (!isDone())
        {
            switch (Due())
            {
                case Alarm.None:
                    await WaitAsync();
                    break;
                case Alarm.ClientSilent:
                    await _client!.BreakSilenceAsync();
                    break;
                case var alarm:
                    return alarm;
            }
        }

        return Alarm.None;
    }

    /// <summary>Lets time pass, while the client is kept alive.</summary>
    /// <returns>What ended that before its time; <see cref="Alarm.None"/> where nothing did.</returns>
    public async ValueTask<Alarm> PassAsync(TimeSpan time)
    {
        UpstreamSilence.Start(time);
        var alarm = await UntilAsync(static () => false);
        UpstreamSilence.Stop();
        return alarm == Alarm.UpstreamSilent ? Alarm.None : alarm;
    }

    /// <summary>Gives up what <see cref="UntilAsync{T}"/> waited for, and returns when it has ended.</summary>
    public async ValueTask AbandonAsync<T>(ValueTask<T> pending)
    {
        await _givenUp.CancelAsync();
        while (!pending.IsCompleted)
        {
            // It takes one continuation only, and has one: what wakes the loop.
            await WaitAsync();
        }
    }

    /// <summary>The exchange is over. Whatever still wakes it wakes the next one's loop, which looks and sleeps on.</summary>
    public void End()
    {
        RenewToken();
        _onClientGone.Dispose();
        _clientGone = CancellationToken.None;
        ClientSilence.Stop();
        UpstreamSilence.Stop();
        _total.Stop();
        _linger.Stop();
        _ignoresClient = false;
        _hasLostClient = false;
        Turn = null;
        _client = null;
        _wakeUp.Exchange = null;
    }

    /// <summary>From now on the client's leaving is no alarm: it has all it came for.</summary>
    public void IgnoreClient()
    {
        if (_ignoresClient)
        {
            return;
        }

        _ignoresClient = true;
        if (IsClientGone)
        {
            // It left before it had all.
            Turn?.Make()?.LoseClient(Wake);
        }
        else
        {
            Turn?.Made?.Deliver();
        }
    }

    /// <summary>What ends the exchange even while the upstream speaks.</summary>
    public Alarm Final()
    {
        if (!_ignoresClient && IsClientGone && !IsAwaited())
        {
            return Alarm.ClientGone;
        }

        if (_stopping.IsCancellationRequested)
        {
            return Alarm.Stopping;
        }

        return _isTimed && _total.IsDueAt(_time.GetTimestamp()) ? Alarm.Overtime : Alarm.None;
    }

    /// <summary>What is due now, while nothing comes.</summary>
    public Alarm Due()
    {
        if (Final() is var final and not Alarm.None)
        {
            return final;
        }

        var now = _time.GetTimestamp();
        if (UpstreamSilence.IsDueAt(now))
        {
            return Alarm.UpstreamSilent;
        }

        return ClientSilence.IsDueAt(now) ? Alarm.ClientSilent : Alarm.None;
    }

    /// <summary>Sleeps until something wakes the loop.</summary>
    public ValueTask WaitAsync() => _wakeUp.WaitAsync();

    /// <summary>Gives its timers back.</summary>
    public void Dispose()
    {
        _onStopping.Dispose();
        ClientSilence.Dispose();
        UpstreamSilence.Dispose();
        _total.Dispose();
        _linger.Dispose();
        _givenUp.Dispose();
    }

    /// <summary>Whether somebody may come back for what a client that is gone asked for, or has.</summary>
    private bool IsAwaited()
    {
        if (Turn?.Make() is not { } turn || !turn.LoseClient(Wake))
        {
            return false;
        }

        if (!_hasLostClient)
        {
            _hasLostClient = true;
            ClientSilence.Stop();
            _linger.Start(turn.Terms.Linger);
        }

        if (turn.HasReader || turn.TakeReaderLeft())
        {
            _linger.Restart();
            return true;
        }

        return !_linger.IsDueAt(_time.GetTimestamp());
    }

    private void RenewToken()
    {
        if (!_givenUp.TryReset())
        {
            _givenUp.Dispose();
            _givenUp = new CancellationTokenSource();
        }
    }
}
