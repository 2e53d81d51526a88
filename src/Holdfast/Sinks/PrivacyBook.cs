using Holdfast.Recording.Privacy;

namespace Holdfast.Sinks;

/// <summary>The rules of <c>privacy.json</c> as they hold now: read again within a second of a change. Where the file is
/// broken, those before hold on, and that is said; where there were none before, everything counts as ignored. Safe from any
/// thread.</summary>
internal sealed class PrivacyBook(string? home, TimeProvider time, ILogger<PrivacyBook> logger)
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private long _lookedAt;
    private DateTime _changedAt;
    private string? _problem;
    private volatile PrivacyRules _rules = PrivacyRules.Empty;
    private bool _hasLooked;

    /// <summary>The rules.</summary>
    public PrivacyRules Rules
    {
        get
        {
            if (home is not null && (!Volatile.Read(ref _hasLooked) || time.GetElapsedTime(Interlocked.Read(ref _lookedAt)) >= LookEvery))
            {
                Look(home);
            }

            return _rules;
        }
    }

    private void Look(string folder)
    {
        // Whoever finds somebody else looking takes what there is; the first look is waited for.
        if (!_gate.TryEnter())
        {
            if (Volatile.Read(ref _hasLooked))
            {
                return;
            }

            _gate.Enter();
        }

        try
        {
            Interlocked.Exchange(ref _lookedAt, time.GetTimestamp());
            var changedAt = File.GetLastWriteTimeUtc(Path.Combine(folder, PrivacyRules.FileName));
            if (changedAt != _changedAt)
            {
                _rules = PrivacyRules.Read(folder);
                (_changedAt, _problem) = (changedAt, null);
            }
        }
        catch (Exception broken) when (broken is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            _rules = _hasLooked ? _rules : PrivacyRules.Unreadable;
            if (_problem != broken.Message)
            {
                _problem = broken.Message;
                logger.PrivacyUnreadable(broken.Message);
            }
        }
        finally
        {
            Volatile.Write(ref _hasLooked, true);
            _gate.Exit();
        }
    }
}
