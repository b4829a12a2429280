using System.Text.Json;
using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Cluster;

/// <summary>
/// A client that changes one model at random, through any server, and knows what was acknowledged. It is the only one
/// that changes this model.
/// </summary>
/// <param name="name">The model's name.</param>
internal sealed class ReplicaOwner(string name)
{
    private SortedSet<int> versions = [];
    private int? pinned;
    private Func<SortedSet<int>, int?, bool>? open; // sent and not answered: what it may have led to

    public int Acknowledged { get; private set; }

    public int Interrupted { get; private set; }

    /// <summary>Makes one change.</summary>
    public async Task ChangeAsync(ApiClient api, Random random)
    {
        var (before, pin) = (versions, pinned);
        switch (random.Next(10))
        {
            case var _ when before.Count == 0:
                open = (found, _) => found.SetEquals([1]);
                (await api.PostAsync("/v1/models", Networks.Tiny(name, $"\"seed\":{random.Next()}"))).Ok(201);
                versions = [1];
                break;
            case 0:
                open = (found, _) => found.Count == 0;
                (await api.DeleteAsync($"/v1/models/{name}")).Ok();
                (versions, pinned) = ([], null);
                break;
            case < 4 when before.Where(version => version != pin).ToList() is { Count: > 1 } rest:
                var gone = rest[random.Next(rest.Count)];
                open = (found, to) => found.SetEquals(before.Except([gone])) && to == pin;
                (await api.DeleteAsync($"/v1/models/{name}/versions/{gone}")).Ok();
                versions = [.. before.Except([gone])];
                break;
            case < 6:
                int? choice = random.Next(3) == 0 ? null : before.ElementAt(random.Next(before.Count));
                open = (found, to) => found.SetEquals(before) && to == choice;
                var body = $$"""{"default_version":{{choice?.ToString() ?? "\"newest\""}}}""";
                (await api.SendAsync(HttpMethod.Patch, $"/v1/models/{name}", Bodies.Json(body))).Ok();
                pinned = choice;
                break;
            default:
                open = (found, to) => found.Count == before.Count + 1 && found.IsSupersetOf(before) && to == pin;
                var made = await api.PostAsync($"/v1/models/{name}/versions", $$"""{"seed":{{random.Next()}}}""");
                versions = [.. before, made.Ok(201).GetProperty("version").GetInt32()];
                break;
        }

        open = null;
        Acknowledged++;
    }

    /// <summary>Compares the model with what was acknowledged.</summary>
    public async Task CheckAsync(ApiClient api)
    {
        var answer = await api.GetAsync($"/v1/models/{name}");
        SortedSet<int> found = [];
        int? pin = null;
        if (answer.Status != 404)
        {
            var model = answer.Ok();
            found = [.. Versions(model).Select(version => version.GetProperty("version").GetInt32())];
            var serving = model.GetProperty("serving");
            pin = serving.GetProperty("pinned").GetBoolean() ? serving.GetProperty("version").GetInt32() : null;
        }

        var isKnown = found.SetEquals(versions) && pin == pinned;
        Assert.True(
            isKnown || open?.Invoke(found, pin) == true,
            $"{name} has {string.Join(' ', found)}, pinned {pin}, and was acknowledged with "
                + $"{string.Join(' ', versions)}, pinned {pinned}"
        );
        Interrupted += open is null ? 0 : 1;
        (versions, pinned, open) = (found, pin, null);
    }

    /// <summary>The model as a server shows it, with the answer of each version.</summary>
    public async Task<string> ShowAsync(ApiClient api)
    {
        var answer = await api.GetAsync($"/v1/models/{name}");
        if (answer.Status == 404)
            return $"{name}: none";
        List<string> lines = [];
        foreach (var version in Versions(answer.Ok()))
        {
            var number = version.GetProperty("version").GetInt32();
            var predicted = await api.PredictAsync($"{name}/versions/{number}", Networks.InputJson(), "?scores=logits");
            var scores = predicted.Status == 200 ? predicted.Prediction().GetProperty("logits").GetRawText() : "";
            lines.Add($"{number} {scores}");
        }

        return $"{name}: {answer.Ok().GetProperty("serving").GetRawText()} {string.Join(", ", lines)}";
    }

    // Versions that could not be built stay listed for a while, on the server that could not.
    private static IEnumerable<JsonElement> Versions(JsonElement model) =>
        model
            .GetProperty("versions")
            .EnumerateArray()
            .Where(version => version.GetProperty("state").GetString() != "failed");
}
