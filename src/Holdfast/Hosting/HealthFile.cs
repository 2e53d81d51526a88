using System.Text.Json;
using System.Text.Json.Serialization;
using Holdfast.Configuration;
using Holdfast.Failover;

namespace Holdfast.Hosting;

/// <summary>Keeps cooldowns over a restart, in <c>$HOLDFAST_HOME/health.json</c>: read at the start, written at most
/// once a second when they changed, and at the stop. Holds no secret. A file that cannot be read or written costs a warning
/// and nothing else.</summary>
internal sealed class HealthFile(HealthBook book, string home, TimeProvider time, ILogger<HealthFile> logger)
    : IHostedService, IDisposable
{
    public const string FileName = "health.json";

    /// <summary>The book is bounded; a file beyond this is none of ours.</summary>
    private const int MostBytes = 16 * 1024 * 1024;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly Lock _saving = new();
    private readonly string _path = Path.Combine(home, FileName);
    private ITimer? _timer;
    private long _saved;
    private bool _hasWarned;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        Load();
        _saved = book.Version;
        _timer = time.CreateTimer(static file => ((HealthFile)file!).SaveUnlessBusy(), this, Interval, Interval);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        _timer?.Dispose();
        Save();
        return Task.CompletedTask;
    }

    public void Dispose() => _timer?.Dispose();

    private void Load()
    {
        try
        {
            if (!File.Exists(_path))
            {
                return;
            }

            using var file = File.OpenRead(_path);
            var saved = file.Length <= MostBytes
                ? JsonSerializer.Deserialize(file, HealthJson.Default.SavedHealth)
                : throw new JsonException($"it has {file.Length} bytes");
            var entries = (saved?.Cooldowns ?? []).Select(cooldown => cooldown?.ToEntry()).OfType<HealthEntry>();
            book.Restore(entries, time.GetUtcNow());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            logger.HealthFileUnreadable(_path, e.Message);
        }
    }

    // A disk that hangs must not take one thread a second.
    private void SaveUnlessBusy()
    {
        if (!_saving.TryEnter())
        {
            return;
        }

        try
        {
            Save();
        }
        finally
        {
            _saving.Exit();
        }
    }

    private void Save()
    {
        lock (_saving)
        {
            // First the version, then what it stands for: a change in between is saved once too often, not lost.
            var version = book.Version;
            if (version == _saved)
            {
                return;
            }

            try
            {
                Write(book.Snapshot(time.GetUtcNow()));
                _saved = version;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                if (!_hasWarned)
                {
                    logger.HealthFileUnwritable(_path, e.Message);
                }

                _hasWarned = true;
            }
        }
    }

    private void Write(IReadOnlyList<HealthEntry> entries)
    {
        HoldfastHome.Create(home);
        var written = $"{_path}.{Environment.ProcessId}.tmp";
        File.Delete(written);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using (var file = new FileStream(written, options))
        {
            var kept = entries.Where(entry => !entry.IsClients).Select(SavedCooldown.Of);
            JsonSerializer.Serialize(file, new SavedHealth([.. kept]), HealthJson.Default.SavedHealth);
        }

        File.Move(written, _path, overwrite: true);
    }
}

/// <summary>The document of the file.</summary>
internal sealed record SavedHealth(IReadOnlyList<SavedCooldown?>? Cooldowns);

/// <summary>One cooldown as it is saved.</summary>
internal sealed record SavedCooldown(
    string? Upstream, string? Credential, string? Model, string? Reason, DateTimeOffset Until, int Step, int Failures)
{
    public static SavedCooldown Of(HealthEntry entry) => new(
        entry.Upstream, entry.Credential, entry.Model, entry.Reason.Word(), entry.Until, entry.Step, entry.Failures);

    /// <summary>Null for one that another version, or somebody by hand, wrote in words we do not know.</summary>
    public HealthEntry? ToEntry() =>
        Upstream is not null && Credential is not null && Reason is not null
        && FailureReasons.Parse(Reason) is { } reason and not FailureReason.None
            ? new HealthEntry(Upstream, Credential, Model, HealthState.Cooling, Until, Step, reason, Failures)
            : null;
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    WriteIndented = true)]
[JsonSerializable(typeof(SavedHealth))]
internal sealed partial class HealthJson : JsonSerializerContext;
