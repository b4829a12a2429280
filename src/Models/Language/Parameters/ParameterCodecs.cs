using System.Collections.Frozen;
using ModelService.Imaging.Augmentation;
using ModelService.Models.Language.Layers;
using ModelService.Models.Language.Reading;
using ModelService.Models.Tensors;

namespace ModelService.Models.Language.Parameters;

/// <summary>The codec of each type of value: from the table, or made for an enum, a list or a record.</summary>
internal static class ParameterCodecs
{
    /// <summary>The codecs of types that are not an enum, a list or a plain record.</summary>
    public static FrozenDictionary<Type, ParameterCodec> Table { get; } =
        new Dictionary<Type, ParameterCodec>
        {
            [typeof(string)] = new TextCodec(),
            [typeof(bool)] = new BooleanCodec(),
            [typeof(int)] = new IntegerCodec<int>(),
            [typeof(long)] = new IntegerCodec<long>(),
            [typeof(double)] = new NumberCodec(),
            [typeof(Sizes)] = new SizesCodec(),
            [typeof(Padding)] = new PaddingCodec(),
            [typeof(LayerDefinition)] = new LayerCodec(),
            [typeof(InputDefinition)] = new RecordCodec(typeof(InputDefinition), "input"),
            [typeof(PreprocessingChoice)] = new PreprocessingCodec(),
            [typeof(AugmentationDefinition)] = new AugmentationCodec(),
            [typeof(byte[])] = new BytesCodec(),
            [typeof(RawTensor)] = new TensorCodec(),
            [typeof(ClassReference)] = new ClassCodec(),
            [typeof(VersionChoice)] = new VersionCodec(),
            [typeof(RouteShares)] = new RoutesCodec(),
        }.ToFrozenDictionary();

    /// <summary>The codec of a type of value.</summary>
    /// <param name="type">The type, without <see cref="Nullable{T}"/>.</param>
    public static ParameterCodec Get(Type type)
    {
        if (Table.TryGetValue(type, out var codec))
            return codec;
        if (type.IsEnum)
            return new EnumCodec(type);
        return type.IsGenericType && type.GetGenericArguments() is [var element]
            ? new ListCodec(element, Get(element))
            : new RecordCodec(type);
    }
}
