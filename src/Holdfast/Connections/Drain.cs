namespace Holdfast.Connections;

/// <summary>Where a stopping gateway stands.</summary>
internal enum DrainState
{
    /// <summary>It takes new exchanges.</summary>
    Running,

    /// <summary>It refuses new exchanges and lets the running ones finish.</summary>
    Draining,

    /// <summary>Nothing runs any more, or time ran out.</summary>
    Stopped,
}

/// <summary>Brings the gateway to its end without cutting a turn: refuses new exchanges, waits for the running ones as
/// long as <c>timeouts.drain</c> allows, then tells them to say so and end. Runs before Kestrel stops.
/// Owns the count of running exchanges; safe for use from any thread.</summary>
internal sealed class Drain(TimeSpan limit, ConnectionWatch connections, TimeProvider time, ILogger<Drain> logger)
    : IHostedLifecycleService, IDisposable
{
    /// <summary>How long exchanges may take to write their error and end once <see cref="Forced"/> fired.</summary>
    public static readonly TimeSpan ForcedLimit = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _forced = new();
    private readonly TaskCompletionSource _empty = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _running;
    private volatile DrainState _state;

    /// <summary>How long running exchanges are waited for.</summary>
    public TimeSpan Limit { get; set; } = limit;

    public DrainState State => _state;

    /// <summary>Whether new exchanges are to be refused with <c>draining</c>, and <c>/readyz</c> is to say
    /// no.</summary>
    public bool IsDraining => _state != DrainState.Running;

    /// <summary>Fires when time has run out or a second signal came: each open stream writes its terminal error and
    /// ends.</summary>
    public CancellationToken Forced => _forced.Token;

    /// <summary>How many exchanges are under way.</summary>
    public int Running => Volatile.Read(ref _running);

    /// <summary>Counts an exchange as under way until the entry is disposed. False, and nothing is counted, while
    /// draining.</summary>
    public bool TryEnter(out Entry entry)
    {
        entry = Enter();
        if (!IsDraining)
        {
            return true;
        }

        entry.Dispose();
        entry = default;
        return false;
    }

    /// <summary>Counts an exchange as under way until the entry is disposed, even while draining.</summary>
    public Entry Enter()
    {
        Interlocked.Increment(ref _running);
        return new Entry(this);
    }

    /// <summary>Stops taking new exchanges. Safe to call twice; never blocks.</summary>
    public void Begin()
    {
        // First, so that whoever is refused also hears that the connection closes.
        connections.BeginDraining();
        if (Interlocked.CompareExchange(ref _state, DrainState.Draining, DrainState.Running) != DrainState.Running)
        {
            return;
        }

        logger.Draining(Running, Limit);
        CompleteIfEmpty();
    }

    /// <summary>Ends the waiting: what is under way gets its terminal error now. Safe to call twice.</summary>
    public void Force()
    {
        Begin();
        if (!_forced.IsCancellationRequested && Running > 0)
        {
            logger.DrainForced(Running);
        }

        _forced.Cancel();
    }

    /// <summary>The whole drain; the host calls it before it stops Kestrel.</summary>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        Begin();
        using (cancellationToken.UnsafeRegister(static drain => ((Drain)drain!).Force(), this))
        {
            if (await IsEmptyWithinAsync(Limit, Forced))
            {
                logger.Drained();
            }
            else
            {
                Force();
                await EndForcedAsync();
            }
        }

        _state = DrainState.Stopped;

        // Only now: until here an idle connection brought its client an honest 503 instead of a closed socket.
        connections.CloseIdle();
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _forced.Dispose();

    private async Task EndForcedAsync()
    {
        if (!await IsEmptyWithinAsync(ForcedLimit, CancellationToken.None))
        {
            logger.DrainAbandoned(Running);
            connections.AbortBusy();
        }
    }

    private async Task<bool> IsEmptyWithinAsync(TimeSpan longest, CancellationToken stop)
    {
        try
        {
            await _empty.Task.WaitAsync(longest, time, stop);
            return true;
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            return false;
        }
    }

    private void Leave()
    {
        Interlocked.Decrement(ref _running);
        CompleteIfEmpty();
    }

    private void CompleteIfEmpty()
    {
        if (IsDraining && Running == 0)
        {
            _empty.TrySetResult();
        }
    }

    /// <summary>One exchange under way. Dispose exactly once.</summary>
    public readonly struct Entry(Drain drain) : IDisposable
    {
        public void Dispose() => drain?.Leave();
    }
}

/// <summary>Registers the drain with the host.</summary>
internal static class DrainSetup
{
    // What Kestrel gets beyond the drain to close its connections before the host gives up on it.
    private static readonly TimeSpan Margin = Drain.ForcedLimit + TimeSpan.FromSeconds(5);

    /// <summary>How long the host may take to stop, for a drain of this limit.</summary>
    public static TimeSpan ShutdownTimeout(TimeSpan limit) =>
        limit == Timeout.InfiniteTimeSpan ? Timeout.InfiniteTimeSpan : limit + Margin;

    public static void AddDrain(this IServiceCollection services, TimeSpan limit)
    {
        services.AddSingleton(provider => new Drain(
            limit,
            provider.GetRequiredService<ConnectionWatch>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<Drain>>()));
        services.AddHostedService(provider => provider.GetRequiredService<Drain>());
        services.Configure<HostOptions>(host => host.ShutdownTimeout = ShutdownTimeout(limit));
    }
}
