namespace Holdfast.Observability;

/// <summary>Makes the loggers of the program: warnings of the frameworks, and more of our own. Stands in the place of the framework's
/// factory, of which thirty methods would be compiled at the start for levels that somebody might configure.</summary>
/// <param name="providers">What is logged goes to each.</param>
/// <param name="detail">Which levels of our own are logged.</param>
internal sealed class DiagnosticLoggers(IEnumerable<ILoggerProvider> providers, LogDetail detail) : ILoggerFactory
{
    private readonly ILoggerProvider[] _providers = [.. providers];

    public ILogger CreateLogger(string categoryName) =>
        new Logger(Array.ConvertAll(_providers, provider => provider.CreateLogger(categoryName)), ShownOf(categoryName));

    /// <summary>There are those of the program, and no others.</summary>
    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("Providers are registered as services.");

    /// <summary>The container owns the providers.</summary>
    public void Dispose()
    {
    }

    private Func<LogLevel, bool> ShownOf(string category) =>
        category.StartsWith("Holdfast", StringComparison.Ordinal) ? detail.Shows

        // Else the server makes an activity for every request, only to name it in lines nobody sees.
        : category.StartsWith("Microsoft.AspNetCore.Hosting.Diagnostics", StringComparison.Ordinal) ? static _ => false
        : static level => level >= LogLevel.Warning;

    private sealed class Logger(ILogger[] loggers, Func<LogLevel, bool> shows) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None && shows(logLevel);

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter)
        {
            if (!IsEnabled(logLevel))
            {
                return;
            }

            foreach (var logger in loggers)
            {
                logger.Log(logLevel, eventId, state, exception, formatter);
            }
        }
    }
}
