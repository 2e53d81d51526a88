namespace Holdfast.Vigils;

/// <summary>A client that waits for an answer while its exchange waits for somebody else.</summary>
internal interface IWaitingClient
{
    /// <summary>It has heard nothing for long: gives it something to hear, and measures its silence anew.</summary>
    ValueTask BreakSilenceAsync();
}
