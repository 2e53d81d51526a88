using System.Buffers.Binary;
using System.Net;
using Holdfast.Recording;
using Holdfast.Recording.Projection;

namespace Holdfast.Admin;

/// <summary>Asks the gateway of a home folder, if one runs, for what a purge needs. Throws <see cref="IOException"/>, with a
/// sentence for people, where it does not do so.</summary>
internal sealed class RecordingClient(string home)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>More than a request may carry: then all are forgotten, which costs rows that stand there twice.</summary>
    private const int MostEntries = 3_000_000;

    private readonly string _path = AdminSocketFile.PathIn(home);

    /// <summary>Everything recorded up to now stands in complete segments.</summary>
    public async Task CompleteAsync(CancellationToken cancellationToken)
    {
        var growing = RecordingFolder.GrowingSegments(RecordingFolder.In(home));
        if (AdminSocketFile.IsAlive(_path) && await PostAsync(RecordingEndpoints.Complete, [], cancellationToken) is { } problem)
        {
            throw new IOException($"the gateway cannot write down what it holds ({problem}); `holdfast status` says why.");
        }

        if (RecordingFolder.GrowingSegments(RecordingFolder.In(home)).Intersect(growing).FirstOrDefault() is { } left)
        {
            throw new IOException($"a gateway that cannot be asked still writes {left}: stop it, then purge again.");
        }
    }

    /// <summary>Messages count as new again, in the gateway and in its file.</summary>
    public async Task ForgetAsync(IReadOnlySet<ulong>? entries, CancellationToken cancellationToken)
    {
        if (!AdminSocketFile.IsAlive(_path))
        {
            SeenMessages.ForgetIn(RecordingFolder.In(home), entries);
            return;
        }

        var bytes = entries is null || entries.Count > MostEntries ? [] : new byte[entries.Count * sizeof(ulong)];
        var at = 0;
        foreach (var entry in bytes.Length > 0 ? entries! : new HashSet<ulong>())
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(at), entry);
            at += sizeof(ulong);
        }

        if (await PostAsync(RecordingEndpoints.Forget, bytes, cancellationToken) is { } problem)
        {
            throw new IOException($"the gateway did not forget which messages it has recorded ({problem}).");
        }
    }

    // Answers what went wrong.
    private async Task<string?> PostAsync(string target, byte[] body, CancellationToken cancellationToken)
    {
        using var http = AdminSocketFile.ClientOf(_path, Patience);
        try
        {
            using var content = new ByteArrayContent(body);
            using var answer = await http.PostAsync(new Uri($"http://localhost{target}"), content, cancellationToken);
            return answer.StatusCode == HttpStatusCode.NoContent ? null : $"status {(int)answer.StatusCode}";
        }
        catch (Exception failed) when (failed is HttpRequestException or OperationCanceledException
            && !cancellationToken.IsCancellationRequested)
        {
            return failed.InnerException?.Message ?? failed.Message;
        }
    }
}
