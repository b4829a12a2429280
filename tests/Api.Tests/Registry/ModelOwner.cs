using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Registry;

/// <summary>
/// A client that changes one model at random, and knows what the server has acknowledged. It is the only one that
/// changes this model.
/// </summary>
/// <param name="name">The model's name.</param>
internal sealed class ModelOwner(string name)
{
    // All ones, so that the logits are the sums of the weights, which are exact for small whole numbers.
    private static readonly string Input = Bodies.Tensors(Networks.Shape, Enumerable.Repeat(1f, 3 * 32 * 32).ToArray());

    private KnownModel known = KnownModel.None;
    private Change? open; // sent, and not answered: it happened or not

    /// <summary>
    /// How many changes of each kind were acknowledged, or interrupted and then found to have happened or not.
    /// </summary>
    public Dictionary<string, (int Acknowledged, int Happened, int Undone)> Counts { get; } = [];

    /// <summary>Makes one change.</summary>
    /// <param name="api">Sends it.</param>
    /// <param name="random">Chooses it.</param>
    /// <param name="sent">Called when it is being sent.</param>
    public async Task ChangeAsync(ApiClient api, Random random, Action sent)
    {
        open = Choose(random);
        var answer = open.SendAsync(api);
        sent();
        (await answer).Ok(open.Status);
        Count(acknowledged: 1);
        (known, open) = (open.After, null);

        // The scores of random weights are known from the first prediction on.
        foreach (var (number, version) in known.Versions.Where(pair => pair.Value.Scores is null))
            known = known.With(number, version with { Scores = await ScoresAsync(api, number) });
    }

    /// <summary>
    /// Compares the model with what was acknowledged: nothing else may have changed, but for a change without an
    /// answer, and that wholly or not at all.
    /// </summary>
    public async Task CheckAsync(ApiClient api)
    {
        var shown = await ReadAsync(api);
        var happened = open is not null && open.After.Agrees(shown);
        Assert.True(
            happened || known.Agrees(shown),
            $"{name} is {shown}\nand was acknowledged as {known}\nwithout an answer: {open?.Kind} to {open?.After}"
        );
        if (open is not null)
            Count(happened: happened ? 1 : 0, undone: happened ? 0 : 1);
        known = (happened ? open!.After : known).WithScoresOf(shown);
        open = null;
    }

    private Change Choose(Random random)
    {
        if (known.Versions.IsEmpty)
            return Create(random);
        var numbers = known.Versions.Keys.ToList();
        switch (random.Next(10))
        {
            case 0:
                return new("delete model", KnownModel.None, 200, api => api.DeleteAsync($"/v1/models/{name}"));
            case 1 when numbers.Count > 1:
                return DeleteVersion(numbers.First(number => number != known.Pinned));
            case < 5 when numbers.Where(number => known.Versions[number].IsRandom).ToList() is { Count: > 0 } trainable:
                return PutWeights(trainable[random.Next(trainable.Count)], random);
            case < 8:
                return Patch(numbers[random.Next(numbers.Count)], random);
            default:
                return AddVersion(random);
        }
    }

    private Change Create(Random random)
    {
        var version = Draw(random);
        return new(
            "create model",
            KnownModel.None.With(1, version),
            201,
            api => api.PostAsync("/v1/models", $$"""{"name":"{{name}}",{{Definition(version, random)}}}""")
        );
    }

    private Change AddVersion(Random random)
    {
        var version = Draw(random);
        return new(
            "new version",
            known.With(known.LastVersion + 1, version),
            201,
            api => api.PostAsync($"/v1/models/{name}/versions", $$"""{{{Definition(version, random)}}}""")
        );
    }

    private Change DeleteVersion(int number) =>
        new(
            "delete version",
            known with
            {
                Versions = known.Versions.Remove(number),
            },
            200,
            api => api.DeleteAsync($"/v1/models/{name}/versions/{number}")
        );

    private Change PutWeights(int number, Random random)
    {
        var version = known.Versions[number];
        float[] weights = [.. Enumerable.Range(0, 4 * 3 * 32 * 32).Select(_ => (float)random.Next(-8, 9))];
        float[] scores = [.. weights.Chunk(weights.Length / 4).Select(row => row.Sum())];
        return new(
            "put weights",
            known.With(number, version with { IsRandom = false, Scores = scores }),
            200,
            api =>
                api.SendAsync(
                    HttpMethod.Put,
                    $"/v1/models/{name}/versions/{number}/weights",
                    Bodies.Raw(Safetensors(version.Layer, weights), null)
                )
        );
    }

    // Pins a version, or pins one and labels it, or pins none.
    private Change Patch(int number, Random random)
    {
        var (body, after) = ($$"""{"default_version":{{number}}}""", known with { Pinned = number });
        switch (random.Next(3))
        {
            case 0:
                (body, after) = ("""{"default_version":"newest"}""", known with { Pinned = null });
                break;
            case 1:
                var version = known.Versions[number] with { Labels = DrawLabels(random) };
                body = $$"""{"default_version":{{number}},"labels":{{ToJson(version.Labels)}}}""";
                after = after.With(number, version);
                break;
        }

        return new(
            "patch",
            after,
            200,
            api => api.SendAsync(HttpMethod.Patch, $"/v1/models/{name}", Bodies.Json(body))
        );
    }

    private async Task<KnownModel> ReadAsync(ApiClient api)
    {
        var answer = await api.GetAsync($"/v1/models/{name}");
        if (answer.Status == 404)
            return KnownModel.None;
        var model = KnownModel.None;
        foreach (var summary in answer.Ok().GetProperty("versions").EnumerateArray())
        {
            var number = summary.GetProperty("version").GetInt32();
            var version = (await api.GetAsync($"/v1/models/{name}/versions/{number}")).Ok();
            Assert.NotEqual("failed", version.GetProperty("state").GetString());
            model = model.With(
                number,
                new KnownVersion(
                    "",
                    string.Join(' ', version.GetProperty("labels").EnumerateArray().Select(label => label.GetString())),
                    version.GetProperty("weights").GetString() == "random",
                    await ScoresAsync(api, number)
                )
            );
            if (version.GetProperty("pinned").GetBoolean())
                model = model with { Pinned = number };
        }

        return model;
    }

    private async Task<float[]> ScoresAsync(ApiClient api, int version) =>
        (await api.PredictAsync($"{name}/versions/{version}", Input, "?scores=logits"))
            .Prediction()
            .GetProperty("logits")
            .Floats();

    private void Count(int acknowledged = 0, int happened = 0, int undone = 0)
    {
        var count = Counts.GetValueOrDefault(open!.Kind);
        Counts[open.Kind] = (count.Acknowledged + acknowledged, count.Happened + happened, count.Undone + undone);
    }

    // A layer of another name takes nothing from the version before, so that each version has scores of its own.
    private static KnownVersion Draw(Random random) => new($"n{random.Next()}", DrawLabels(random), true, null);

    private static string DrawLabels(Random random) =>
        string.Join(' ', Enumerable.Range(0, 4).Select(index => $"label-{index}-{random.Next(1000)}"));

    private static string Definition(KnownVersion version, Random random)
    {
        var architecture = Networks.TinyArchitecture.Replace(
            "\"out_features\":4",
            $"\"out_features\":4,\"name\":\"{version.Layer}\"",
            StringComparison.Ordinal
        );
        return $"\"architecture\":{architecture},\"labels\":{ToJson(version.Labels)},\"seed\":{random.Next()}";
    }

    private static string ToJson(string labels) => JsonSerializer.Serialize(labels.Split(' '));

    // The weights of the layer, and a bias of zeros.
    private static byte[] Safetensors(string layer, float[] weights)
    {
        var end = weights.Length * sizeof(float);
        var header = Encoding.UTF8.GetBytes(
            $$"""
            {"{{layer}}.weight":{"dtype":"F32","shape":[4,{{weights.Length / 4}}],"data_offsets":[0,{{end}}]},
              "{{layer}}.bias":{"dtype":"F32","shape":[4],"data_offsets":[{{end}},{{end + 16}}]} }
            """
        );
        return
        [
            .. BitConverter.GetBytes((ulong)header.Length),
            .. header,
            .. MemoryMarshal.AsBytes(weights.AsSpan()),
            .. new byte[16],
        ];
    }

    private sealed record Change(string Kind, KnownModel After, int Status, Func<ApiClient, Task<Answer>> SendAsync);
}
