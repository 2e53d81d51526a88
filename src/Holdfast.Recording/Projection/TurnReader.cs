using System.Text.Json;
using Holdfast.Recording.Records;
using Holdfast.Wire;

namespace Holdfast.Recording.Projection;

/// <summary>Chooses the reader of an exchange's protocol. Never throws for what the bodies hold.</summary>
internal static class TurnReader
{
    /// <summary>What was said; null for an exchange that is no turn (models, token counts), or whose bodies are no
    /// JSON.</summary>
    public static NeutralTurn? Read(ExchangeRecord exchange, JsonElement? request, JsonElement? answer)
    {
        if ((request, answer) is (null, null) || WirePath.Parse(exchange.Path) is not { Operation: WireOperation.Generate } path)
        {
            return null;
        }

        var turn = new NeutralTurn();
        var (readRequest, readAnswer) = ReadersOf(path.Protocol);
        if (request is { } asked)
        {
            readRequest(asked, turn);
        }

        if (answer is { } answered)
        {
            readAnswer(answered, turn);
        }

        return turn;
    }

    private static (Action<JsonElement, NeutralTurn> Request, Action<JsonElement, NeutralTurn> Answer) ReadersOf(
        WireProtocol protocol) =>
        protocol == WireProtocol.Anthropic ? (AnthropicReader.ReadRequest, AnthropicReader.ReadAnswer)
        : protocol == WireProtocol.OpenAIResponses ? (ResponsesReader.ReadRequest, ResponsesReader.ReadAnswer)
        : protocol == WireProtocol.Gemini ? (GeminiReader.ReadRequest, GeminiReader.ReadAnswer)
        : (ChatReader.ReadRequest, ChatReader.ReadAnswer);
}
