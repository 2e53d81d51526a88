namespace Holdfast.Journal;

/// <summary>How long turns of a route wait for a lost client: its own limits where it has some, else everybody's.</summary>
/// <param name="IsEnabled">Whether they wait at all.</param>
/// <param name="Linger">How long the upstream is read on.</param>
/// <param name="Keep">How long a whole answer waits.</param>
internal sealed record TurnTerms(bool IsEnabled, TimeSpan Linger, TimeSpan Keep)
{
    public static TurnTerms Of(JournalOptions options, RouteJournalOptions? own = null) => new(
        own?.Enabled ?? options.Enabled, own?.Linger ?? options.Linger, own?.Keep ?? options.Keep);
}
