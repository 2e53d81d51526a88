using System.Net.Sockets;
using System.Text.Json;

namespace Holdfast.Admin;

/// <summary>What asking a running gateway for its status came to.</summary>
internal abstract record StatusAnswer
{
    private StatusAnswer()
    {
    }

    public sealed record Running(StatusDocument Status, string Json) : StatusAnswer;

    /// <param name="Why">What is there instead of a gateway; a sentence for people.</param>
    public sealed record NotRunning(string Why) : StatusAnswer;
}

/// <summary>Asks the gateway of a home folder for its status, over its admin socket.</summary>
internal static class StatusClient
{
    public static async Task<StatusAnswer> AskAsync(string home, CancellationToken cancellationToken)
    {
        var path = AdminSocketFile.PathIn(home);
        if (AdminSocketFile.IsTooLong(path))
        {
            return new StatusAnswer.NotRunning(
                $"the path {path} is too long for a unix socket; choose a shorter HOLDFAST_HOME.");
        }

        if (!File.Exists(path))
        {
            return new StatusAnswer.NotRunning($"there is no {path}.");
        }

        try
        {
            var json = await GetAsync(path, cancellationToken);
            return JsonSerializer.Deserialize(json, StatusJson.Default.StatusDocument) is { } status
                ? new StatusAnswer.Running(status, json)
                : new StatusAnswer.NotRunning($"what answers at {path} is no gateway.");
        }
        catch (HttpRequestException e)
            when (e.InnerException is SocketException { SocketErrorCode: SocketError.AccessDenied })
        {
            return new StatusAnswer.NotRunning($"{path} belongs to another user.");
        }
        catch (HttpRequestException e) when (e.InnerException is SocketException)
        {
            return new StatusAnswer.NotRunning($"{path} is left over from a gateway that was killed.");
        }
        catch (Exception e) when (e is HttpRequestException or JsonException or OperationCanceledException)
        {
            return new StatusAnswer.NotRunning($"the gateway behind {path} does not answer.");
        }
    }

    private static async Task<string> GetAsync(string path, CancellationToken cancellationToken)
    {
        using var http = AdminSocketFile.ClientOf(path, TimeSpan.FromSeconds(5));
        return await http.GetStringAsync(new Uri("http://localhost/status"), cancellationToken);
    }
}
