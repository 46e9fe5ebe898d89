import { useQuery } from "@tanstack/react-query";
import { healthQuery } from "../../api/queries";
import { Icon } from "../../components/Icon";

/** Above every page while the house as a whole does not work: no scheduler, nobody who reads DAG files. */
export function Troubles() {
  const health = useQuery(healthQuery);
  const troubles = health.data?.troubles ?? [];
  return troubles.map((one) => (
    <div key={one.code} className="house-trouble" role="alert">
      <Icon name="warn" size={16} />
      <p>
        <strong>{one.text.charAt(0).toUpperCase() + one.text.slice(1)}.</strong>
        {one.hint && <span> {one.hint}.</span>}
      </p>
    </div>
  ));
}
