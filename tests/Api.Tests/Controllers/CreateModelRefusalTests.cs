using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Controllers;

/// <summary>Definitions that describe nothing that can be built.</summary>
public sealed class CreateModelRefusalTests(ApiServer server)
{
    private const string Own = "\"architecture\":" + Networks.TinyArchitecture,
        Classes = "\"layers\":[{\"type\":\"flatten\"},{\"type\":\"linear\",\"out_features\":4}]";

    [Theory]
    [InlineData("\"base\":\"resnet18\"," + Own, "/base")]
    [InlineData(Own + ",\"num_classes\":4", "/num_classes")]
    [InlineData(Own + ",\"head\":[{\"type\":\"linear\",\"out_features\":4}]", "/head")]
    [InlineData("\"base\":\"resnet18\",\"num_classes\":4,\"head\":[{\"type\":\"linear\",\"out_features\":4}]", "/head")]
    [InlineData("\"base\":\"resnet18\",\"num_classes\":0", "/num_classes")]
    [InlineData("\"base\":\"resnet18\",\"num_classes\":1000001", "/num_classes")]
    [InlineData("\"base\":\"resnet18\",\"num_classes\":7.5", "/num_classes")]
    [InlineData("\"base\":\"resnet18\",\"num_classes\":\"7\"", "/num_classes")]
    [InlineData(
        "\"base\":\"resnet18\",\"head\":[{\"type\":\"conv2d\",\"out_channels\":4,\"kernel_size\":1}]",
        "/head/0/type"
    )]
    [InlineData("\"base\":\"resnet18\",\"head\":[{\"type\":\"relu\"},{\"type\":\"log_sigmoid\"}]", "/head/1/type")]
    [InlineData("\"base\":\"squeezenet1_1\",\"head\":[{\"type\":\"relu\"}]", "/head")]
    [InlineData("\"base\":\"../resnet18\"", "/base")]
    [InlineData("\"base\":7", "/base")]
    [InlineData(Own + ",\"labels\":[\"a\",\"b\",\"c\"]", "/labels")]
    [InlineData(Own + ",\"labels\":[\"a\",\"b\",\"c\",4]", "/labels/3")]
    [InlineData(Own + ",\"labels\":\"abcd\"", "/labels")]
    [InlineData(Own + ",\"labels\":[\"a\",\"b\",\"\",\"d\"]", "/labels/2")]
    [InlineData(Own + ",\"labels\":[\"a\",\"b\",\"c\",\" \"]", "/labels/3")]
    [InlineData(Own + ",\"device\":\"cpu\",\"precision\":\"float16\"", "/precision")]
    [InlineData(Own + ",\"precision\":\"int8\"", "/precision")]
    [InlineData(Own + ",\"device\":\"gpu\"", "/device")]
    [InlineData(Own + ",\"device\":\"cuda:\"", "/device")]
    [InlineData(Own + ",\"device\":\"cuda:1234567\"", "/device")]
    [InlineData(Own + ",\"seed\":\"one\"", "/seed")]
    [InlineData(Own + ",\"seed\":1e400", "/seed")]
    [InlineData(Own + ",\"seed\":99999999999999999999", "/seed")]
    [InlineData(Own + ",\"seed\":1,\"seed\":2", "/seed")]
    [InlineData(Own + ",\"pretrained\":true", "/pretrained")]
    [InlineData(Own + ",\"preprocessing\":\"imagenet\"", "/preprocessing")]
    [InlineData(Own + ",\"preprocessing\":\"none\"", "/preprocessing")]
    [InlineData(Own + ",\"preprocessing\":{\"resize\":{\"shorter_side\":32}}", "/preprocessing")]
    [InlineData(
        Own + ",\"preprocessing\":{\"resize\":{\"height\":32,\"width\":32},\"std\":[0,1,1]}",
        "/preprocessing/std/0"
    )]
    [InlineData(
        Own + ",\"preprocessing\":{\"resize\":{\"height\":32,\"width\":32},\"scale\":0}",
        "/preprocessing/scale"
    )]
    [InlineData(
        Own + ",\"preprocessing\":{\"resize\":{\"height\":32,\"width\":32},\"channels\":\"grayscale\"}",
        "/preprocessing"
    )]
    [InlineData(
        Own + ",\"preprocessing\":{\"resize\":{\"height\":32,\"width\":32},\"interpolation\":\"cubic\"}",
        "/preprocessing/interpolation"
    )]
    [InlineData(
        "\"architecture\":{\"input\":{\"shape\":[2,8]},\"layers\":[{\"type\":\"flatten\"}]},\"preprocessing\":\"unit\"",
        "/preprocessing"
    )]
    [InlineData(
        "\"architecture\":{\"input\":{\"channels\":3,\"height\":8,\"width\":8},\"layers\":[{\"type\":\"relu\"}]}",
        "/architecture/layers"
    )]
    [InlineData(
        "\"architecture\":{\"input\":{\"channels\":3,\"height\":8,\"width\":8},\"layers\":[{\"type\":\"linear\","
            + "\"out_features\":0}]}",
        "/architecture/layers/0/out_features"
    )]
    [InlineData(
        "\"architecture\":{\"input\":{\"channels\":3,\"height\":8,\"width\":8},"
            + "\"layers\":[{\"type\":\"flatten\"},7]},\"labels\":[\"a\"]",
        "/architecture/layers/1"
    )]
    [InlineData("\"architecture\":{\"input\":7," + Classes + "}", "/architecture/input")]
    [InlineData("\"architecture\":{\"input\":null," + Classes + "}", "/architecture/input")]
    [InlineData("\"architecture\":{\"input\":{\"shape\":[]}," + Classes + "}", "/architecture/input/shape")]
    [InlineData("\"architecture\":\"resnet18\"", "/architecture")]
    public async Task Create_WrongDefinition_PointsAtThePlaceAndBuildsNothing(string properties, string pointer)
    {
        var answer = await server.Api.PostAsync("/v1/models", $$"""{"name":"refused",{{properties}}}""");

        answer.Problem(422, "definition_invalid", pointer);
        (await server.Api.GetAsync("/v1/models/refused")).Problem(404, "model_not_found");
    }

    [Fact]
    public async Task Create_NothingButAName_SaysWhatIsMissing()
    {
        var answer = await server.Api.PostAsync("/v1/models", """{"name":"refused"}""");

        var detail = answer.Problem(422, "definition_invalid").GetProperty("detail").GetString();
        Assert.Contains("'base'", detail, StringComparison.Ordinal);
        Assert.Contains("'architecture'", detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Create_EmptyObject_SaysThatTheNameIsMissing()
    {
        var answer = await server.Api.PostAsync("/v1/models", "{}");

        Assert.Contains(
            "'name' is missing",
            answer.Problem(422, "definition_invalid").GetProperty("detail").GetString(),
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("\"base\":\"resnet_50\"", "did you mean 'resnet50'?")]
    [InlineData("\"bas\":\"resnet50\"", "did you mean 'base'?")]
    [InlineData(
        Own + ",\"device\":\"cpu\",\"precision\":\"float16\"",
        "'float16' is for GPUs: processors compute it slowly. Ask for 'float32', or 'bfloat16' where the "
            + "processor has it."
    )]
    [InlineData(
        "\"architecture\":{\"input\":{\"channels\":3,\"height\":8,\"width\":8},\"layers\":[{\"type\":\"convd2d\"}]}",
        "did you mean 'conv2d'?"
    )]
    public async Task Create_SlipOfThePen_SaysWhatWouldFit(string properties, string hint)
    {
        var answer = await server.Api.PostAsync("/v1/models", $$"""{"name":"refused",{{properties}}}""");

        Assert.Contains(
            hint,
            answer.Problem(422, "definition_invalid").GetRawText().Replace("\\u0027", "'", StringComparison.Ordinal),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Create_ManyErrors_ReportsEach()
    {
        const string Definition =
            """{"name":"Bad Name","base":"resnet18","num_classes":-1,"precision":"int4","colour":"red"}""";

        var answer = await server.Api.PostAsync("/v1/models", Definition);

        answer.Problem(422, "definition_invalid", "/name", "/num_classes", "/precision", "/colour");
    }
}
