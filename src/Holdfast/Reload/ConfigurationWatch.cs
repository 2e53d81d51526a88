namespace Holdfast.Reload;

/// <summary>Reloads the configuration when its file has changed and has stayed the same for a while: whoever writes it may need
/// several steps. Looks at what the file holds, not at its time: that alone tells on every kind of mount and link.</summary>
/// <param name="file">The file, whether it exists or not.</param>
internal sealed class ConfigurationWatch(string file, Reloader reloader, TimeProvider time, ILogger<ConfigurationWatch> logger)
    : IHostedService, IDisposable
{
    /// <summary>How often the file is looked at. What was seen to change must be the same at the next look.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly Lock _looking = new();
    private ITimer? _timer;
    private byte[]? _known;
    private byte[]? _seen;
    private bool _isUnreadable;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _known = _seen = Read();
        _timer = time.CreateTimer(static watch => ((ConfigurationWatch)watch!).LookUnlessBusy(), this, Interval, Interval);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        _timer?.Dispose();
        return Task.CompletedTask;
    }

    public void Dispose() => _timer?.Dispose();

    // A disk that hangs must not take one thread a second.
    private void LookUnlessBusy()
    {
        if (_looking.TryEnter())
        {
            try
            {
                Look();
            }
            finally
            {
                _looking.Exit();
            }
        }
    }

    private void Look()
    {
        var before = _seen;
        _seen = Read();
        if (_seen is null)
        {
            // It may be on its way from one name to another; what is gone for good changes nothing before somebody asks.
            return;
        }

        if (!IsSame(_seen, before) || IsSame(_seen, _known))
        {
            return;
        }

        _known = _seen;
        try
        {
            reloader.Reload("its file has changed");
        }
        catch (Exception e)
        {
            // A timer's exception would end the process.
            logger.ReloadFailed(e);
        }
    }

    // Null where there is none, or it cannot be read: the latter is said once.
    private byte[]? Read()
    {
        try
        {
            var bytes = File.Exists(file) ? File.ReadAllBytes(file) : null;
            _isUnreadable = false;
            return bytes;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (!_isUnreadable)
            {
                logger.FileUnreadable(file, e.Message);
            }

            _isUnreadable = true;
            return null;
        }
    }

    private static bool IsSame(byte[]? one, byte[]? other) =>
        one is null ? other is null : other is not null && one.AsSpan().SequenceEqual(other);
}
