using Holdfast.Journal;
using Holdfast.Recording.Privacy;

namespace Holdfast.Routing;

/// <summary>What holds for a route where it says nothing itself.</summary>
/// <param name="Timeouts">How long each step may take.</param>
/// <param name="Streaming">How streams are kept alive and given up.</param>
/// <param name="Journal">How turns wait for a lost client.</param>
/// <param name="Bodies">What is recorded of bodies.</param>
internal sealed record RouteDefaults(
    TimeoutOptions Timeouts, StreamingOptions Streaming, JournalOptions Journal, BodyRecording Bodies);
