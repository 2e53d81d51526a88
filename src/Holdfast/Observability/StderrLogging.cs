using System.Text;

namespace Holdfast.Observability;

/// <summary>Diagnostics for people: one line a message on standard error,
/// <c>2026-07-01T12:00:00.000Z warn Proxy.ResponseRelay  message</c>. Owns the queue to the stream; never blocks who
/// logs.</summary>
internal sealed class StderrLogging : ILoggerProvider
{
    private readonly LineQueue _lines;
    private readonly TimeProvider _time;

    public StderrLogging(Stream sink, TimeProvider time)
    {
        _time = time;
        _lines = new LineQueue("diagnostics", sink, 8_192, TimeSpan.Zero, static (_, _) => { });
        _lines.Start();
    }

    public ILogger CreateLogger(string categoryName) => new Logger(this, Shorten(categoryName));

    /// <summary>Writes what waits.</summary>
    public void Dispose() => _lines.StopAsync(CancellationToken.None).GetAwaiter().GetResult();

    // One message is one line, whatever an exception or a client put into it.
    private static string ToLine(string text)
    {
        var line = new StringBuilder(text.Length);
        foreach (var c in Redaction.Text(text))
        {
            if (c == '\n')
            {
                line.Append(" | ");
            }
            else if (!char.IsControl(c))
            {
                line.Append(c);
            }
        }

        return line.ToString();
    }

    private static string Shorten(string category) =>
        category.StartsWith("Holdfast.", StringComparison.Ordinal) ? category["Holdfast.".Length..] : category;

    private static string Word(LogLevel level) => level switch
    {
        LogLevel.Trace => "trace",
        LogLevel.Debug => "debug",
        LogLevel.Information => "info ",
        LogLevel.Warning => "warn ",
        LogLevel.Error => "error",
        _ => "crit ",
    };

    private sealed class Logger(StderrLogging owner, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter)
        {
            var message = formatter(state, exception);
            var text = exception is null ? message : $"{message}\n{exception}";
            owner._lines.Add(Encoding.UTF8.GetBytes(
                $"{owner._time.GetUtcNow():yyyy-MM-ddTHH:mm:ss.fffZ} {Word(logLevel)} {category}  {ToLine(text)}"));
        }
    }
}
