using System.Buffers;
using System.Text.Json;
using Holdfast.Wire.Errors;
using Holdfast.Wire.Turns;
using Holdfast.Wire.Usage;

namespace Holdfast.Wire;

/// <summary>One of the four wire formats: how its streams end, stay alive and fail, and how its error bodies look.</summary>
public abstract class WireProtocol
{
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
