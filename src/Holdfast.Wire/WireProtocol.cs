using System.Buffers;
using System.Text.Json;
using Holdfast.Wire.Anthropic;
using Holdfast.Wire.Errors;
using Holdfast.Wire.Gemini;
using Holdfast.Wire.OpenAIChat;
using Holdfast.Wire.OpenAIResponses;
using Holdfast.Wire.Turns;
using Holdfast.Wire.Usage;

namespace Holdfast.Wire;

/// <summary>What of a request the following of its answer needs.</summary>
/// <param name="ModelAsked">The model the client named.</param>
/// <param name="StartedAt">When the exchange began, in seconds since 1970.</param>
/// <param name="ExchangeId">Our id, for ids we must invent.</param>
/// <param name="ErrorEventsAsFailed">Whether the client skips a plain <c>error</c> event and must be given
/// <c>response.failed</c> in its stead (Codex, D17).</param>
/// <param name="IsArray">Whether the stream is one JSON array instead of events (Gemini without <c>alt=sse</c>).</param>
public sealed record StreamContext(
    string ModelAsked = "", long StartedAt = 0, string ExchangeId = "", bool ErrorEventsAsFailed = false,
    bool IsArray = false);

/// <summary>One of the four wire formats: how its streams end, stay alive and fail, and how its error bodies look.</summary>
public abstract class WireProtocol
{
    /// <summary>Anthropic Messages.</summary>
    public static readonly WireProtocol Anthropic = new AnthropicProtocol();

    /// <summary>OpenAI Chat Completions, and the older Completions, which ends alike.</summary>
    public static readonly WireProtocol OpenAIChat = new OpenAIChatProtocol();

    /// <summary>OpenAI Responses.</summary>
    public static readonly WireProtocol OpenAIResponses = new OpenAIResponsesProtocol();

    /// <summary>Gemini generateContent.</summary>
    public static readonly WireProtocol Gemini = new GeminiProtocol();

    /// <summary>All four.</summary>
    public static IReadOnlyList<WireProtocol> All { get; } = [Anthropic, OpenAIChat, OpenAIResponses, Gemini];

    /// <summary>The name in records, metrics and configuration.</summary>
    public abstract string Name { get; }

    /// <summary>Whose API it belongs to.</summary>
    public abstract ProtocolFamily Family { get; }

    /// <summary>The form of keepalive this protocol's clients were measured to take.</summary>
    public abstract KeepAliveForm DefaultKeepAlive { get; }

    /// <summary>Whether the input tokens it states include what came from the cache.</summary>
    public abstract bool InputIncludesCache { get; }

    /// <summary>A follower for one streamed answer.</summary>
    public abstract StreamFollower Follow(StreamContext context);

    /// <summary>Puts the answer together that would have come without streaming.</summary>
    public abstract AnswerAssembler Assemble();

    /// <summary>Adds what a request says to a turn. Never throws for what stands in it.</summary>
    public abstract void ReadRequest(JsonElement request, NeutralTurn turn);

    /// <summary>Adds what a whole answer says to the turn of its request. Never throws for what stands in it.</summary>
    public abstract void ReadAnswer(JsonElement answer, NeutralTurn turn);

    /// <summary>Writes the JSON body of one of our own errors.</summary>
    public abstract void WriteErrorBody(GatewayError error, IBufferWriter<byte> output);

    /// <summary>A usage reader with this protocol's meaning of input.</summary>
    public UsageReader ReadUsage() => new() { InputIncludesCache = InputIncludesCache };
}
