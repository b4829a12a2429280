using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Controllers;

public sealed class ModelsTests
{
    [Fact]
    public async Task List_SeveralModels_HasEachByName()
    {
        await using var server = new ApiServer();
        Assert.Empty((await server.Api.GetAsync("/v1/models")).Ok().GetProperty("models").EnumerateArray());
        foreach (var name in new[] { "b", "c", "a" })
            await server.Api.CreateAsync(Networks.Tiny(name));
        await server.Api.RemoveAsync("c");

        var models = (await server.Api.GetAsync("/v1/models")).Ok().GetProperty("models").EnumerateArray().ToList();

        Assert.Equal(["a", "b"], models.Select(model => model.GetProperty("name").GetString()!));
        Assert.Equal((await server.Api.GetAsync("/v1/models/a")).Text, models[0].GetRawText());
    }

    [Fact]
    public async Task Delete_Model_GivesItsBytesBackAndFreesItsName()
    {
        await using var server = new ApiServer();
        var model = await server.Api.CreateAsync(Networks.Tiny("gone"));

        var deleted = await server.Api.RemoveAsync("gone");

        Assert.Equal("gone", deleted.GetProperty("model").GetString());
        Assert.Equal(model.GetProperty("plan_bytes").GetInt64(), deleted.GetProperty("bytes_returned").GetInt64());
        (await server.Api.GetAsync("/v1/models/gone")).Problem(404, "model_not_found");
        (await server.Api.DeleteAsync("/v1/models/gone")).Problem(404, "model_not_found");
        (await server.Api.PredictAsync("gone", Networks.InputJson())).Problem(404, "model_not_found");
        await server.Api.CreateAsync(Networks.Lesson("gone"));
        Assert.Equal(10, (await server.Api.GetAsync("/v1/models/gone")).Ok().GetProperty("num_classes").GetInt32());
    }

    [Fact]
    public async Task Architecture_AsPyTorch_HasAClassForEachBlock()
    {
        await using var server = new ApiServer();
        await server.Api.CreateAsync(
            """
            {
              "name": "blocks",
              "architecture": {
                "input": {"channels": 3, "height": 8, "width": 8},
                "layers": [
                  {"type": "sequential", "name": "a", "layers": [
                    {"type": "sequential", "name": "b", "layers": [
                      {"type": "conv2d", "out_channels": 4, "kernel_size": 3}]}]},
                  {"type": "sequential", "name": "a_b", "layers": [
                    {"type": "conv2d", "out_channels": 7, "kernel_size": 1}]},
                  {"type": "flatten"},
                  {"type": "linear", "out_features": 2}
                ]
              }
            }
            """
        );

        var answer = await server.Api.GetAsync("/v1/models/blocks/architecture?format=pytorch");

        Assert.Equal((200, "text/x-python"), (answer.Status, answer.MediaType));
        Assert.Equal(
            ["Block_a_b", "Block_a", "Block_a_b_2", "Network"],
            answer
                .Text.Split('\n')
                .Where(line => line.StartsWith("class ", StringComparison.Ordinal))
                .Select(line => line[6..line.IndexOf('(')])
        );
    }

    [Fact]
    public async Task Send_WhileTheModelIsBuilt_IsNotReadyAndSaysWhenToAskAgain()
    {
        var held = new HeldStore();
        await using var server = new ApiServer { Configure = held.Configure };
        var creation = server.Api.PostAsync("/v1/models", Networks.Tiny("slow"));
        await held.Asked;

        Answer[] answers =
        [
            await server.Api.GetAsync("/v1/models/slow"),
            await server.Api.DeleteAsync("/v1/models/slow"),
            await server.Api.PredictAsync("slow", Networks.InputJson()),
        ];
        var second = await server.Api.PostAsync("/v1/models", Networks.Tiny("slow"));
        var list = (await server.Api.GetAsync("/v1/models")).Ok();
        held.GoOn();
        (await creation).Ok(201);

        Assert.All(answers, answer => answer.Problem(503, "model_not_ready"));
        Assert.All(answers, answer => Assert.Equal("1", answer.RetryAfter));
        second.Problem(409, "model_exists");
        Assert.Empty(list.GetProperty("models").EnumerateArray());
        (await server.Api.PredictAsync("slow", Networks.InputJson())).Ok();
    }
}
