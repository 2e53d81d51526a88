using System.Text.Json;
using System.Text.Json.Serialization;
using Holdfast.Wire;

namespace Holdfast.Recording.Records;

/// <summary>Writes a value as its word. What was written by another version may hold a word this one does not know: that reads
/// as null, and the rest of its record is read.</summary>
/// <param name="word">The word of a value.</param>
internal abstract class WordConverter<T>(Func<T, string> word) : JsonConverter<T?>
    where T : struct, Enum
{
    public override T? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Words.Read(ref reader, word);

    public override void Write(Utf8JsonWriter writer, T? value, JsonSerializerOptions options)
    {
        if (value is { } known)
        {
            writer.WriteStringValue(word(known));
        }
        else
        {
            writer.WriteNullValue();
        }
    }
}

internal sealed class ExchangeEndConverter() : WordConverter<ExchangeEnd>(ExchangeEndWords.Word);

internal sealed class SideConverter() : WordConverter<Side>(SideWords.Word);

internal sealed class UsageStateConverter() : WordConverter<UsageState>(UsageStateWords.Word);

internal sealed class CostStateConverter() : WordConverter<CostState>(CostStateWords.Word);

internal sealed class TurnFateConverter() : WordConverter<TurnFate>(TurnFateWords.Word);

internal sealed class FidelityConverter() : WordConverter<Fidelity>(FidelityWords.Word);

/// <summary>As the others, for the one word that every attempt has. Older records have it with a capital letter.</summary>
internal sealed class PhaseConverter : JsonConverter<Phase>
{
    public override Phase Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Words.Read<Phase>(ref reader, PhaseWords.Word) ?? default;

    public override void Write(Utf8JsonWriter writer, Phase value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.Word());
}

/// <summary>Finds the value of a word.</summary>
file static class Words
{
    public static T? Read<T>(ref Utf8JsonReader reader, Func<T, string> word)
        where T : struct, Enum
    {
        if (reader.TokenType != JsonTokenType.String)
        {
            reader.Skip();
            return null;
        }

        var text = reader.GetString();
        foreach (var value in Enum.GetValues<T>())
        {
            if (string.Equals(word(value), text, StringComparison.OrdinalIgnoreCase))
            {
                return value;
            }
        }

        return null;
    }
}
