using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Holdfast.TestKit;

/// <summary>One line a test's code under test logged.</summary>
public sealed record TestLogEntry(
    LogLevel Level, string Category, EventId Id, string Message, Exception? Exception,
    IReadOnlyDictionary<string, object?> Values);

/// <summary>Collects everything logged and is the guard against errors nobody expected.</summary>
public sealed class TestLog : ILoggerProvider
{
    private readonly ConcurrentQueue<TestLogEntry> _entries = new();
    private readonly ConcurrentBag<Func<TestLogEntry, bool>> _expected = [];
    private readonly ConcurrentDictionary<TaskCompletionSource<TestLogEntry>, Func<TestLogEntry, bool>> _waiting = new();

    /// <summary>Everything logged so far, in order.</summary>
    public IReadOnlyList<TestLogEntry> Entries => [.. _entries];

    /// <summary>Everything logged so far as text: for searches for canaries.</summary>
    public string Text => string.Join('\n', _entries.Select(entry => $"{entry.Message} {entry.Exception}"));

    /// <summary>A factory whose loggers write here, from <c>Trace</c> on.</summary>
    public ILoggerFactory CreateFactory() =>
        LoggerFactory.Create(logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(this));

    /// <summary>Says that errors whose message contains this text belong to the test.</summary>
    public void Expect(string messagePart) =>
        _expected.Add(entry => entry.Message.Contains(messagePart, StringComparison.Ordinal));

    /// <summary>Waits for the first line, logged already or later, whose message contains this text.</summary>
    public async Task<TestLogEntry> WaitForAsync(string messagePart)
    {
        bool Matches(TestLogEntry entry) => entry.Message.Contains(messagePart, StringComparison.Ordinal);
        var found = new TaskCompletionSource<TestLogEntry>(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting[found] = Matches;
        if (_entries.FirstOrDefault(Matches) is { } entry)
        {
            found.TrySetResult(entry);
        }

        var result = await found.Task.WithinTestTimeout();
        _waiting.TryRemove(found, out _);
        return result;
    }

    /// <summary>Fails the test if anything at <c>Error</c> or above was logged that it did not
    /// <see cref="Expect"/>.</summary>
    public void AssertNoUnexpectedErrors()
    {
        var unexpected = _entries
            .Where(entry => entry.Level >= LogLevel.Error && !_expected.Any(matches => matches(entry)))
            .Select(entry => $"{entry.Level} {entry.Category}: {entry.Message} {entry.Exception}")
            .ToList();
        if (unexpected.Count > 0)
        {
            throw new InvalidOperationException("Unexpected errors were logged:\n" + string.Join('\n', unexpected));
        }
    }

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    public void Dispose()
    {
    }

    private void Add(TestLogEntry entry)
    {
        _entries.Enqueue(entry);
        foreach (var (found, matches) in _waiting)
        {
            if (matches(entry))
            {
                found.TrySetResult(entry);
            }
        }
    }

    private sealed class Logger(TestLog log, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter)
        {
            var values = state as IEnumerable<KeyValuePair<string, object?>> ?? [];
            log.Add(new TestLogEntry(
                logLevel, category, eventId, formatter(state, exception), exception,
                values.DistinctBy(pair => pair.Key).ToDictionary(pair => pair.Key, pair => pair.Value)));
        }
    }
}
