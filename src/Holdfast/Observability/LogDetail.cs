namespace Holdfast.Observability;

/// <summary>Whether diagnostics follow every step (setting <c>debug</c>). Safe for any thread.</summary>
internal sealed class LogDetail
{
    private volatile bool _isDebug;

    public bool IsDebug
    {
        get => _isDebug;
        set => _isDebug = value;
    }

    /// <summary>Whether a message of ours of that level is worth a line.</summary>
    public bool Shows(LogLevel level) => level >= (IsDebug ? LogLevel.Debug : LogLevel.Information);
}
