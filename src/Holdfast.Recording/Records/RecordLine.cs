using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Holdfast.Recording.Records;

/// <summary>Writes a record as one line of JSON, into memory that each thread has once.</summary>
public static class RecordLine
{
    /// <summary>How long the line of an exchange or of a socket's event may be.</summary>
    public const int MaxBytes = 1024 * 1024;

    private const int MostBytesKept = 256 * 1024;

    [ThreadStatic]
    private static Scratch? s_scratch;

    /// <summary>The line, without its end; valid until this thread writes another one.</summary>
    public static ReadOnlySpan<byte> Write<T>(T record, JsonTypeInfo<T> type)
    {
        var scratch = s_scratch is { Bytes.Capacity: <= MostBytesKept } kept ? kept : new Scratch();

        // Put back when it is whole: a record that cannot be written leaves its writer in the middle of it.
        s_scratch = null;
        scratch.Bytes.ResetWrittenCount();
        scratch.Json.Reset(scratch.Bytes);
        JsonSerializer.Serialize(scratch.Json, record, type);
        scratch.Json.Flush();
        s_scratch = scratch;
        return scratch.Bytes.WrittenSpan;
    }

    private sealed class Scratch
    {
        public ArrayBufferWriter<byte> Bytes { get; } = new(4 * 1024);

        // The line is read by people, by jq and by SQL, never put into a page: no need to escape < and quotes twice over. What
        // is written comes from generated code, which needs no checking.
        public Utf8JsonWriter Json { get; } = new(
            Stream.Null,
            new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true });
    }
}
