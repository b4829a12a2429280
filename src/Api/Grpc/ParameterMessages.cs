using ModelService.Api.OpenInference;
using ModelService.Models.Errors;
using ModelService.Protocol;

namespace ModelService.Api.Grpc;

/// <summary>Reads the parameters of messages. One without a value is as good as none.</summary>
internal static class ParameterMessages
{
    /// <summary>Reads the parameters of a request to infer, an input or an output.</summary>
    public static InferParameters Read(IReadOnlyDictionary<string, InferParameter> parameters) =>
        Read(parameters, ReadValue);

    /// <summary>Reads the parameters of a request to load a model.</summary>
    public static InferParameters Read(IReadOnlyDictionary<string, ModelRepositoryParameter> parameters) =>
        Read(parameters, ReadValue);

    /// <summary>Reads the bytes of a file, which older clients send in base64.</summary>
    /// <exception cref="ServingException"><see cref="ErrorCode.MalformedRequest"/>.</exception>
    public static byte[] ReadFile(string name, ModelRepositoryParameter parameter) =>
        parameter.ParameterChoiceCase switch
        {
            ModelRepositoryParameter.ParameterChoiceOneofCase.BytesParam => parameter.BytesParam.ToByteArray(),
            ModelRepositoryParameter.ParameterChoiceOneofCase.StringParam => Repository.FromBase64(
                name,
                parameter.StringParam
            ),
            _ => throw new ServingException(
                ErrorCode.MalformedRequest,
                $"The parameter '{Suggestions.Shorten(name)}' must be bytes."
            ),
        };

    private static InferParameters Read<T>(IReadOnlyDictionary<string, T> parameters, Func<T, object?> read)
    {
        if (parameters.Count == 0)
            return InferParameters.None;
        var values = new Dictionary<string, object>();
        foreach (var (name, parameter) in parameters)
        {
            if (read(parameter) is { } value)
                values[name] = value;
        }

        return new InferParameters(values);
    }

    private static object? ReadValue(InferParameter parameter) =>
        parameter.ParameterChoiceCase switch
        {
            InferParameter.ParameterChoiceOneofCase.BoolParam => parameter.BoolParam,
            InferParameter.ParameterChoiceOneofCase.Int64Param => parameter.Int64Param,
            InferParameter.ParameterChoiceOneofCase.StringParam => parameter.StringParam,
            InferParameter.ParameterChoiceOneofCase.DoubleParam => parameter.DoubleParam,
            InferParameter.ParameterChoiceOneofCase.Uint64Param => parameter.Uint64Param <= long.MaxValue
                ? (object)(long)parameter.Uint64Param
                : (double)parameter.Uint64Param,
            _ => null,
        };

    private static object? ReadValue(ModelRepositoryParameter parameter) =>
        parameter.ParameterChoiceCase switch
        {
            ModelRepositoryParameter.ParameterChoiceOneofCase.BoolParam => parameter.BoolParam,
            ModelRepositoryParameter.ParameterChoiceOneofCase.Int64Param => parameter.Int64Param,
            ModelRepositoryParameter.ParameterChoiceOneofCase.StringParam => parameter.StringParam,
            ModelRepositoryParameter.ParameterChoiceOneofCase.BytesParam => parameter.BytesParam,
            _ => null,
        };
}
