using System.Text.Json.Serialization;

namespace Holdfast.Recording.Records;

/// <summary>Serialises records as one JSON object a line, snake_case, nulls left out.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters =
    [
        typeof(ExchangeEndConverter), typeof(SideConverter), typeof(UsageStateConverter), typeof(CostStateConverter),
        typeof(TurnFateConverter), typeof(FidelityConverter), typeof(PhaseConverter),
    ])]
[JsonSerializable(typeof(ExchangeRecord))]
[JsonSerializable(typeof(SocketEventRecord))]
[JsonSerializable(typeof(MessageRecord))]
public sealed partial class RecordJson : JsonSerializerContext;
