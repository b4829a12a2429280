using System.Text.Json;
using ModelService.Models.Errors;
using ModelService.Models.Language;
using ModelService.Models.Tensors;

namespace ModelService.Models.Tests.Language.Reading;

/// <summary>One rule names properties and enums, whoever writes them.</summary>
public sealed class WireNamesTests
{
    private static readonly JsonSerializerOptions Json = new() { Converters = { WireNames.CreateEnumConverter() } };

    [Fact]
    public void Of_EveryEnum_IsWhatTheSerializerWrites()
    {
        var values = typeof(WireNames)
            .Assembly.GetExportedTypes()
            .Where(type => type.IsEnum)
            .SelectMany(type => Enum.GetValues(type).Cast<Enum>())
            .ToList();

        Assert.Contains(Precision.BFloat16, values);
        Assert.All(
            values,
            value =>
                Assert.Equal(JsonSerializer.SerializeToElement<object>(value, Json).GetString(), WireNames.Get(value))
        );
    }

    [Fact]
    public void Of_NameThatAnAttributeGives_IsThatName()
    {
        Assert.Equal("bfloat16", WireNames.Get(Precision.BFloat16));
        Assert.Equal("definition_invalid", WireNames.Get(ErrorCode.DefinitionInvalid));
        Assert.Equal(
            ["float32", "bfloat16", "float16", "int8", "auto", "fastest"],
            WireNames.Get(typeof(Precision)).Keys
        );
        Assert.Equal("top_1", WireNames.Get(typeof(SampleDefinition).GetProperty(nameof(SampleDefinition.Top1))!));
        Assert.Equal(
            "head_layer",
            WireNames.Get(typeof(ArchitectureDefinition).GetProperty(nameof(ArchitectureDefinition.HeadLayer))!)
        );
    }
}
