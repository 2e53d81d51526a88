using System.Buffers;
using Holdfast.Wire.Errors;

namespace Holdfast.Wire.OpenAIResponses;

/// <summary>OpenAI Responses.</summary>
internal sealed class OpenAIResponsesProtocol : WireProtocol
{
    public override string Name => "openai-responses";

    public override ProtocolFamily Family => ProtocolFamily.OpenAI;

    public override KeepAliveForm DefaultKeepAlive => KeepAliveForm.Event;

    public override bool InputIncludesCache => true;

    public override StreamFollower Follow(StreamContext context) => new OpenAIResponsesStream(context);

    public override AnswerAssembler Assemble() => new ResponseAssembler();

    public override void WriteErrorBody(GatewayError error, IBufferWriter<byte> output) =>
        OpenAIChat.WriteErrorBody(error, output);
}
