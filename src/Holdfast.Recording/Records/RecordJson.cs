using System.Text.Json.Serialization;

namespace Holdfast.Recording.Records;

/// <summary>Serialises records as one JSON object a line, snake_case, nulls left out.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(ExchangeRecord))]
[JsonSerializable(typeof(SocketEventRecord))]
[JsonSerializable(typeof(MessageRecord))]
public sealed partial class RecordJson : JsonSerializerContext;
