using System.Text.Json;
using Holdfast.Recording.Records;
using Holdfast.Wire.Protocols;
using Holdfast.Wire.Turns;

namespace Holdfast.Recording.Projection;

/// <summary>What was said in an exchange, as its protocol tells it. Never throws for what the bodies hold.</summary>
internal static class ExchangeTurn
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
        if (request is { } asked)
        {
            path.Protocol.ReadRequest(asked, turn);
        }

        if (answer is { } answered)
        {
            path.Protocol.ReadAnswer(answered, turn);
        }

        return turn;
    }
}
